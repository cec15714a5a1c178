/**
 * Attempts at one call of a model of which nobody has heard what they took: the worker was lost before it could say so,
 * or the answer broke off. The provider counts them; so that the run's budget does, too, each is noted before it is made.
 */
import { cancellationSignal } from '@temporalio/activity';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import { KeptFiles } from './kept-files.js';
import type { Spending } from './spending.js';

/** Attempts that are looked for, the newest. */
const MAX_PAST = 20;

export class ModelAttempts {
  private readonly files: KeptFiles;

  /** @param call its name within the run; @param tries of its activity, this one included */
  constructor(
    workspace: Workspace,
    scope: WorkspaceScope,
    private readonly call: string,
    private readonly tries: number,
  ) {
    this.files = new KeptFiles(workspace, scope, 'model-calls');
  }

  /** @param spending of what the log knows of the attempts before; told of what nobody knows */
  async make<Result>(spending: Spending, ask: () => Promise<Result>): Promise<Result> {
    if (this.tries > 1) spending.addUnheard((await this.open()) - spending.calls);
    await this.files.keep(this.begun(this.tries), true);
    const before = spending.known;
    try {
      return await ask();
    } catch (error) {
      // Refused, or never reached: there is nothing to pay.
      if (spending.known === before && !cancellationSignal().aborted)
        await this.files.keep(this.ended(this.tries), true);
      throw error;
    }
  }

  /** Attempts before this one that were begun, and did not end in a refusal. */
  private async open(): Promise<number> {
    const past = Array.from({ length: Math.min(this.tries - 1, MAX_PAST) }, (_, i) => this.tries - 1 - i);
    const isOpen = await Promise.all(
      past.map(
        async (tries) =>
          (await this.files.has(this.begun(tries))) && !(await this.files.has(this.ended(tries))),
      ),
    );
    return isOpen.filter(Boolean).length;
  }

  private begun(tries: number): string {
    return `${this.call}-${tries}`;
  }

  private ended(tries: number): string {
    return `${this.call}-${tries}-ended`;
  }
}
