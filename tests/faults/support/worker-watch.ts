/** What workers say of each try of an activity, and when they were killed: from both, how soon what they held ran again. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One try of one activity on one worker; times in milliseconds since 1970. */
interface Try {
  what: string;
  attempt: number;
  /** When Temporal put it into the queue, by its clock. */
  queuedAt: number;
  beganAt: number;
  ended: boolean;
  worker: ChildProcess;
}

export interface Recovery {
  /** The activity's type, and of which workflow. */
  what: string;
  /** From the kill until Temporal had the activity in its queue again. */
  noticedMs: number;
  /** From then until a worker began it. */
  queuedMs: number;
}

export interface Recoveries {
  found: Recovery[];
  /** Tries that Temporal made and no worker began: handed to one that was just dying. */
  swallowed: number;
}

interface Line {
  msg: string;
  time: string;
  workflowId: string;
  activity: string;
  activityId: string;
  attempt: number;
  isLocal: boolean;
  scheduledAt: string;
  queuedAt: string;
}

export class WorkerWatch {
  private readonly tries = new Map<string, Try[]>();
  private readonly kills = new Map<number, number>();

  /** @param worker whose standard output is its log, with debug lines */
  follow(worker: ChildProcess): void {
    if (worker.stdout === null) throw new Error('the worker has no output to follow');
    createInterface({ input: worker.stdout }).on('line', (text) => {
      if (text.includes('"an activity ')) this.take(JSON.parse(text) as Line, worker);
    });
  }

  kill(worker: ChildProcess): void {
    if (worker.pid !== undefined) this.kills.set(worker.pid, Date.now());
    worker.kill('SIGKILL');
  }

  /** In milliseconds since 1970; undefined for one that was not killed here. */
  killedAt(pid: number | undefined): number | undefined {
    return pid === undefined ? undefined : this.kills.get(pid);
  }

  private take(line: Line, worker: ChildProcess): void {
    if (line.isLocal) return;
    // A step that runs again by a person's word is another activity with the same id.
    const key = `${line.workflowId} ${line.activityId} ${line.scheduledAt}`;
    const tries = this.tries.get(key) ?? [];
    this.tries.set(key, tries);
    if (line.msg === 'an activity begins')
      tries.push({
        what: `${line.activity} of ${line.workflowId}`,
        attempt: line.attempt,
        queuedAt: Date.parse(line.queuedAt),
        beganAt: Date.parse(line.time),
        ended: false,
        worker,
      });
    else for (const one of tries) if (one.attempt === line.attempt && one.worker === worker) one.ended = true;
  }

  recoveries(): Recoveries {
    const found: Recovery[] = [];
    let swallowed = 0;
    for (const unsorted of this.tries.values()) {
      const tries = unsorted.toSorted((a, b) => a.attempt - b.attempt);
      for (const [i, held] of tries.entries()) {
        const next = tries[i + 1];
        if (next === undefined) continue;
        const lost = next.attempt - held.attempt - 1;
        swallowed += lost;
        const killedAt = this.killedAt(held.worker.pid);
        // What had ended was tried again for a reason of its own.
        if (held.ended || killedAt === undefined || lost > 0) continue;
        found.push({
          what: held.what,
          noticedMs: Math.max(0, next.queuedAt - killedAt),
          queuedMs: Math.max(0, next.beganAt - next.queuedAt),
        });
      }
    }
    return { found, swallowed };
  }
}
