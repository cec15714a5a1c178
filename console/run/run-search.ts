/** What the page of a run shows, as its address tells it. */
export const runTabs = ['timeline', 'graph', 'events', 'files', 'usage', 'details'] as const;
export type RunTab = (typeof runTabs)[number];

export interface RunSearch {
  tab?: RunTab | undefined;
  /** The step that is looked at. */
  step?: string | undefined;
  /** Among its files, the one that is looked at. */
  file?: string | undefined;
}

export function readRunSearch(given: Record<string, unknown>): RunSearch {
  const tab = runTabs.find((one) => one === given.tab);
  return {
    ...(tab === undefined ? {} : { tab }),
    ...textOf('step', given.step),
    ...textOf('file', given.file),
  };
}

/** What looks like a number comes as one. */
const textOf = (name: 'step' | 'file', value: unknown): RunSearch =>
  typeof value === 'string' || typeof value === 'number' ? { [name]: String(value) } : {};
