/** What the page of a run shows, as its address tells it. */
export const runTabs = ['timeline', 'graph', 'events', 'files', 'usage', 'details'] as const;
export type RunTab = (typeof runTabs)[number];

export interface RunSearch {
  tab?: RunTab | undefined;
  /** The step that is looked at. */
  step?: string | undefined;
}

export function readRunSearch(given: Record<string, unknown>): RunSearch {
  const tab = runTabs.find((one) => one === given.tab);
  return {
    ...(tab === undefined ? {} : { tab }),
    ...(typeof given.step === 'string' || typeof given.step === 'number' ? { step: String(given.step) } : {}),
  };
}
