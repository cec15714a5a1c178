/** The pages and their addresses; what a page shows of a list is in the address too. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Failure } from '../parts/notices.js';
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
  component: lazyRouteComponent(() => import('../run/run-page.js'), 'RunPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([runsRoute, runRoute]),
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: false,
  defaultErrorComponent: ({ error }) => (
    <div className="page">
      <Failure error={error} />
    </div>
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
