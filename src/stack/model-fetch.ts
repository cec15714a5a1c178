/** The way to models: through the guard of tools, with a list of its own of what need not be public. */
import type { Config } from '../config/env.js';
import { createAddressGuard, type Resolve } from '../tools/address-guard.js';
import { createPinnedFetch, type PinnedFetch } from '../tools/pinned-fetch.js';

/** @param resolve looks host names up; the system's resolver unless told */
export const openModelFetch = (
  { models, httpDeny }: Pick<Config, 'models' | 'httpDeny'>,
  resolve?: Resolve,
): PinnedFetch =>
  createPinnedFetch(
    createAddressGuard({
      allow: models.allow,
      deny: httpDeny,
      ...(resolve === undefined ? {} : { resolve }),
    }),
  );
