/** The temporal CLI built by Go. */
import { goInstall } from './go-install.js';
import type { Obtained, ObtainOptions } from './temporal-download.js';

export const buildTemporal = (options: ObtainOptions): Promise<Obtained> =>
  goInstall({
    ...options,
    package: 'github.com/temporalio/cli/cmd/temporal',
    title: 'Temporal',
    announcement: 'Building Temporal with Go instead; this takes about three minutes, the first time only.',
  });
