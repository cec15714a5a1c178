/** What people have told a run while it goes on, for a model. They may submit runs: what they say is no mere data. */

/** @returns nothing where nobody has said anything */
export const toldMeanwhile = (messages: readonly string[]): string[] =>
  messages.length === 0
    ? []
    : [
        `Since the run began, the people you work for have said this, the newest last. Heed it:\n${messages
          .map((text) => `- ${text.replaceAll('\n', '\n  ')}`)
          .join('\n')}`,
      ];
