/** The pages and their addresses; what a page shows of a list is in the address too. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { CompareSearch } from '../compare/compare-page.js';
import { readAuditSearch, readToolSearch } from '../lists/page-search.js';
import { loadPart } from '../parts/missing-part.js';
import { Failure, Loading } from '../parts/notices.js';
import { RunsPage } from '../runs/runs-page.js';
import { readRunSearch } from '../run/run-search.js';
import { readListSearch } from '../runs/list-search.js';
import { Lost } from './lost.js';
import { Shell } from './shell.js';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: Lost });

const runsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: readListSearch,
  component: RunsPage,
});

const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs/$runId',
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => loadPart(() => import('../run/run-page.js')), 'RunPage'),
});

const newRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/new',
  component: lazyRouteComponent(() => loadPart(() => import('../new/new-run-page.js')), 'NewRunPage'),
});

const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/compare',
  validateSearch: ({ a, b }: Record<string, unknown>): CompareSearch => ({
    ...(typeof a === 'string' ? { a } : {}),
    ...(typeof b === 'string' ? { b } : {}),
  }),
  component: lazyRouteComponent(() => loadPart(() => import('../compare/compare-page.js')), 'ComparePage'),
});

const approvalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/approvals',
  component: lazyRouteComponent(() => loadPart(() => import('../lists/approvals-page.js')), 'ApprovalsPage'),
});

const schedulesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/schedules',
  component: lazyRouteComponent(() => loadPart(() => import('../lists/schedules-page.js')), 'SchedulesPage'),
});

const agentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/agents',
  component: lazyRouteComponent(() => loadPart(() => import('../lists/agents-page.js')), 'AgentsPage'),
});

const toolsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tools',
  validateSearch: readToolSearch,
  component: lazyRouteComponent(() => loadPart(() => import('../lists/tools-page.js')), 'ToolsPage'),
});

const systemRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/system',
  component: lazyRouteComponent(() => loadPart(() => import('../system/system-page.js')), 'SystemPage'),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/api-keys',
  component: lazyRouteComponent(() => loadPart(() => import('../lists/api-keys-page.js')), 'ApiKeysPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => loadPart(() => import('../lists/audit-page.js')), 'AuditPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    runsRoute,
    runRoute,
    newRoute,
    compareRoute,
    approvalsRoute,
    schedulesRoute,
    agentsRoute,
    toolsRoute,
    systemRoute,
    apiKeysRoute,
    auditRoute,
  ]),
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: false,
  // Over a slow line what surrounds the page is there first, and a click is seen to be heard.
  defaultPendingMs: 300,
  defaultPendingMinMs: 0,
  defaultPendingComponent: () => (
    <div className="page">
      <Loading what="the page" />
    </div>
  ),
  defaultErrorComponent: ({ error }) => (
    <div className="page">
      <Failure error={error} />
    </div>
  ),
});

/** Once there is nothing else to do: then every page can be opened while the server is away, to say so. */
export function loadPages(): void {
  const load = (): void => {
    for (const route of Object.values(router.routesById)) void router.loadRouteChunk(route);
  };
  if (typeof requestIdleCallback === 'function') requestIdleCallback(load, { timeout: 10_000 });
  else setTimeout(load, 3_000);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
