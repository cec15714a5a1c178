/**
 * A step that is an agent, killed (`kill -9` of all its processes) between the act of an irreversible call and the record
 * of it: a person is asked what became of it, and it is not made again.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/client/client.js';
import { PerdureProcess, temporaryDirectory } from '../e2e/support/perdure-process.js';

/** Acts at once, on a file that stands for a bank, and tells of it late. */
const tool = (book: string): string => `
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'perdure/tools';

export default defineTool({
  name: 'pay',
  description: 'Pays. Cannot be undone.',
  args: z.strictObject({ to: z.string() }),
  effect: 'irreversible',
  timeoutSeconds: 60,
  async execute({ to }, { signal }) {
    await appendFile(${JSON.stringify(book)}, to + '\\n');
    await sleep(30_000, undefined, { signal });
    return { output: { paid: to } };
  },
});
`;
const script = {
  conversations: [
    {
      when: 'Pay bob',
      answers: [{ calls: [{ tool: 'pay', args: { to: 'bob' } }] }, { text: 'Paid.' }],
    },
  ],
};

test('an irreversible call whose worker is killed after its act', { timeout: 240_000 }, async () => {
  const place = await temporaryDirectory();
  const book = path.join(place.directory, 'book.txt');
  const [tools, file] = [path.join(place.directory, 'tools'), path.join(place.directory, 'script.json')];
  await mkdir(tools);
  await writeFile(path.join(tools, 'pay.tool.ts'), tool(book));
  await writeFile(file, JSON.stringify(script));
  const settings = { PERDURE_TOOLS_DIR: tools, PERDURE_MODEL: `scripted:${file}` };
  const start = () => PerdureProcess.start(path.join(place.directory, 'data'), settings);
  const paid = () => readFile(book, 'utf8').catch(() => '');
  let perdure = await start();
  try {
    const { id } = await perdure.client.submit({
      goal: 'pay',
      plan: { steps: [{ id: 'work', tool: 'agent', args: { task: 'Pay bob', tools: ['pay'] } }] },
    });
    const pending = async (approval: string) => {
      for (;;) {
        const { approvals } = await perdure.client.approvals.list({ runId: id, status: 'pending' });
        const found = approvals.find((each) => each.id === approval);
        if (found !== undefined) return found;
        await sleep(100);
      }
    };
    await pending('call-1-0-work');
    await perdure.client.approvals.decide(id, 'call-1-0-work', { decision: 'approve' });
    await expect.poll(paid, { timeout: 60_000 }).toBe('bob\n');
    await perdure.killTree();
    perdure = await start();
    expect(await pending('outcome-call-1-0-1-work')).toMatchObject({
      kind: 'outcome',
      tool: 'pay',
      args: { to: 'bob' },
    });
    await perdure.client.approvals.decide(id, 'outcome-call-1-0-1-work', {
      decision: 'approve',
      output: { paid: 'bob' },
    });
    expect(await perdure.client.wait(id)).toMatchObject({ status: 'completed', result: { text: 'Paid.' } });
    const events: RunEvent[] = [];
    for await (const event of perdure.client.events(id)) if ('seq' in event) events.push(event);
    expect(events.filter(({ type }) => type === 'agent.calling')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'agent.called')).toHaveLength(1);
    expect(await paid()).toBe('bob\n');
  } finally {
    await perdure.stop();
    await place.remove();
  }
});
