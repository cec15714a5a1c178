/**
 * Files of the system's own in a run's workspace, each written once: of two attempts at the same thing, the first word
 * counts.
 */
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import { loadJson } from './step-output.js';

export class KeptFiles {
  private readonly folder: string;

  /** @param folder below the system's */
  constructor(
    private readonly workspace: Workspace,
    private readonly scope: WorkspaceScope,
    folder: string,
  ) {
    this.folder = `${SYSTEM_FOLDER}/${folder}`;
  }

  /** @returns what was kept first */
  async keep<Value>(name: string, value: Value): Promise<Value> {
    const path = this.path(name);
    const isFirst = await this.workspace.create(this.scope, path, JSON.stringify(value));
    return isFirst ? value : ((await loadJson(this.workspace, this.scope, path)) as Value);
  }

  async load<Value>(name: string): Promise<Value | null> {
    if (!(await this.has(name))) return null;
    return (await loadJson(this.workspace, this.scope, this.path(name))) as Value;
  }

  async has(name: string): Promise<boolean> {
    return (await this.workspace.stat(this.scope, this.path(name))) !== null;
  }

  private path(name: string): string {
    return `${this.folder}/${name}.json`;
  }
}

/** Answers of models that are to be mended, and what came of it. */
export const draftsOf = (workspace: Workspace, scope: WorkspaceScope): KeptFiles =>
  new KeptFiles(workspace, scope, 'drafts');
