import type { Plugin } from 'esbuild';

export const ownPlaces: Plugin;
