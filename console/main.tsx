/** The web console: a page that shows runs as they go, from the same API that everybody else calls. */
import '@fontsource-variable/inter/wght.css';
import 'uplot/dist/uPlot.min.css';
import './style/tokens.css';
import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/runs.css';
import './style/run.css';
import './style/system.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries } from './data/queries.js';
import { resumeSession } from './data/session.js';
import { loadPages, router } from './app/router.js';
import { applyTheme } from './app/theme.js';

applyTheme();
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no place for the console');
const page = createRoot(root);
void resumeSession().then(() => {
  page.render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
  loadPages();
});
