/** A tool that cannot be undone: each time that it acts it leaves one more file, and nobody can take it back. */
import { randomUUID } from 'node:crypto';
import { defineTool, z } from 'perdure/tools';

export default defineTool({
  name: 'publish_report',
  description: 'Publishes a file of the run under a title. Cannot be undone. Output: {title, bytes}.',
  args: z.strictObject({ title: z.string().min(1).max(200), path: z.string().min(1) }),
  effect: 'irreversible',
  timeoutSeconds: 30,
  async execute({ title, path }, { files }) {
    const report = await files.read(path, 1_000_000);
    await files.write(`published/${randomUUID()}.json`, JSON.stringify({ title }));
    return { output: { title, bytes: report.length } };
  },
});
