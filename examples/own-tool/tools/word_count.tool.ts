/** A tool of one's own: counts the words of a text file of the run. */
import { defineTool, PerdureError, z } from 'perdure/tools';

export default defineTool({
  name: 'word_count',
  // For people, and for models that make plans: what it does, and what its output looks like.
  description:
    'Counts the words of a text file of the run. Output: {words, distinct, most: {word, times}}, most being the ' +
    'word that comes most often.',
  args: z.strictObject({
    path: z.string().min(1),
    ignoreCase: z.boolean().default(true),
  }),
  // It changes nothing, so it may be tried again whatever happens.
  effect: 'read',
  timeoutSeconds: 30,
  async execute({ path, ignoreCase }, { files, signal, progress }) {
    const text = (await files.read(path, 10_000_000)).toString('utf8');
    signal.throwIfAborted();
    const words = (ignoreCase ? text.toLowerCase() : text).match(/[\p{L}\p{N}']+/gu) ?? [];
    progress(`${words.length} words`);
    const times = new Map<string, number>();
    for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
    const [most] = [...times].sort(([, a], [, b]) => b - a);
    // The code says whether trying again can help: this would fail again.
    if (most === undefined) throw new PerdureError('tool_failed', `${path} has no words`);
    return {
      output: { words: words.length, distinct: times.size, most: { word: most[0], times: most[1] } },
    };
  },
});
