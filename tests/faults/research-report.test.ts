/**
 * examples/research-report while everything is killed at ten seeded points: planner, sub-agent, a step that is an agent,
 * an approval with changed arguments, an irreversible tool. It ends as if nothing had been.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PerdureApiError, type RunEvent } from '../../src/client/client.js';
import { isTerminalEvent } from '../../contracts/terminal.js';
import { PerdureProcess, temporaryDirectory } from '../e2e/support/perdure-process.js';
import { between, seeded } from './support/random.js';

const SEED = 20_261_126;
const KILLS = 10;
const example = path.resolve(import.meta.dirname, '../../examples/research-report');
const settings = {
  PERDURE_AGENTS_DIR: path.join(example, 'agents'),
  PERDURE_TOOLS_DIR: path.join(example, 'tools'),
  PERDURE_MODEL: `scripted:${path.join(example, 'script.json')}`,
};
/** What the person puts in the place of the plan's draft. */
const edited = { title: 'Milk and wages', path: 'report.md' };
const note = async (name: string) => ({
  path: `notes/${name}`,
  content: await readFile(path.join(example, 'notes', name), 'utf8'),
});

/** A run, and whoever decides in it. */
class Researched {
  private constructor(
    private perdure: PerdureProcess,
    private readonly directory: string,
    readonly id: string,
  ) {}

  static async start(directory: string): Promise<Researched> {
    const perdure = await PerdureProcess.start(directory, settings);
    const { id } = await perdure.client.submit({
      goal: 'Report on milk and wages',
      agent: 'researcher',
      inputs: { files: [await note('prices.md'), await note('wages.md')] },
    });
    return new Researched(perdure, directory, id);
  }

  /** As `kill -9` of all its processes, Temporal and Postgres too; then it is started again. */
  async kill(): Promise<void> {
    await this.perdure.killTree();
    this.perdure = await PerdureProcess.start(this.directory, settings);
  }

  stop(): Promise<number | null> {
    return this.perdure.stop();
  }

  async events(): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    const { lastSeq } = await this.perdure.client.get(this.id);
    for await (const event of this.perdure.client.events(this.id)) {
      if ('seq' in event) events.push(event);
      if (events.length >= lastSeq) break;
    }
    return events;
  }

  /** Resolves when the log is so long, or the run waits for a person, or has ended. */
  async reached(seq: number): Promise<void> {
    for (;;) {
      const run = await this.perdure.client.get(this.id);
      if (run.lastSeq >= seq || run.status === 'waiting' || run.finishedAt !== null) return;
      await sleep(10);
    }
  }

  /**
   * Decides whatever waits for a person.
   * @returns whether anything was decided: just after a kill no worker may be there yet that takes it
   */
  async decide(): Promise<boolean> {
    let decided = 0;
    const { approvals } = await this.perdure.client.approvals.list({ runId: this.id, status: 'pending' });
    for (const { id } of approvals) {
      // Asked what became of a call that was cut off, the person looks.
      const isOutcome = id.startsWith('outcome-');
      const hasActed = isOutcome && (await this.published()).length > 0;
      const word = {
        decision: 'approve' as const,
        ...(hasActed ? { output: { title: edited.title, bytes: 31 } } : {}),
        ...(isOutcome ? {} : { args: edited }),
      };
      try {
        await this.perdure.client.approvals.decide(this.id, id, word);
        decided += 1;
      } catch (error) {
        if (!isLookedAtAgain(error)) throw error;
      }
    }
    return decided > 0;
  }

  /** One file each time that the irreversible tool has acted. */
  async published(): Promise<string[]> {
    const { files } = await this.perdure.client.files.list(this.id);
    return files.map((file) => file.path).filter((file) => file.startsWith('published/'));
  }

  async untilEnded(): Promise<void> {
    while ((await this.perdure.client.get(this.id)).finishedAt === null) {
      await this.decide();
      await sleep(50);
    }
  }

  async outcome() {
    const { client } = this.perdure;
    const [run, children] = [await client.get(this.id), await client.list({ parent: this.id })];
    const report = await (await client.files.get(this.id, 'report.md')).text();
    return {
      ...{ status: run.status, result: run.result, report, published: (await this.published()).length },
      children: children.runs.map(({ status, agent, result }) => ({ status, agent, result })),
    };
  }
}

/** Nobody has taken the decision yet, or an earlier word was taken and the record of it is a moment behind. */
const isLookedAtAgain = (error: unknown): boolean =>
  error instanceof PerdureApiError &&
  ['decision_pending', 'temporal_unavailable', 'approval_decided', 'run_closed'].includes(error.code ?? '');

test(`a run that is killed ${KILLS} times ends as one that is not`, { timeout: 900_000 }, async () => {
  const [calm, stormy] = [await temporaryDirectory(), await temporaryDirectory()];
  const started: Researched[] = [];
  try {
    const plain = await Researched.start(calm.directory);
    started.push(plain);
    await plain.untilEnded();
    const expected = await plain.outcome();
    const length = (await plain.events()).length;
    await plain.stop();
    expect(expected).toMatchObject({
      status: 'completed',
      result: { title: 'Milk and wages', bytes: 31 },
      published: 1,
      children: [{ status: 'completed', agent: 'reader' }],
    });

    const random = seeded(SEED);
    // All but two before the person decides: after that there is little left.
    const points = Array.from({ length: KILLS - 2 }, () => between(random, 2, length - 6)).sort(
      (a, b) => a - b,
    );
    const killed = await Researched.start(stormy.directory);
    started.push(killed);
    for (const point of points) {
      await killed.reached(point);
      await killed.kill();
    }
    while (!(await killed.decide())) await sleep(50);
    await sleep(between(random, 0, 40));
    await killed.kill();
    await killed.decide();
    await sleep(between(random, 0, 200));
    await killed.kill();
    await killed.untilEnded();
    const events = await killed.events();
    expect(await killed.outcome()).toEqual(expected);

    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.filter(({ type }) => isTerminalEvent(type))).toHaveLength(1);
    for (const id of ['survey', 'read', 'compare', 'report', 'publish'])
      expect(events.filter(({ type, stepId }) => type === 'step.completed' && stepId === id)).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'budget.warning')).toMatchObject([
      { limit: 'steps', max: 7 },
    ]);
    expect(events.filter(({ type }) => type === 'agent.called')).toMatchObject([
      { turn: 1, args: { path: 'notes/prices.md' } },
      { turn: 2, args: { path: 'notes/wages.md' } },
    ]);
  } finally {
    for (const one of started) await one.stop();
    await calm.remove();
    await stormy.remove();
  }
});
