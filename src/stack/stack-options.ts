/** What a start of all of perdure in one process tree is given. */
import type { Config } from '../config/env.js';
import type { Tool } from '../tools/tool.js';

export interface StackOptions {
  config: Config;
  /** The process's environment, for the programs that are started. */
  env: Readonly<Record<string, string | undefined>>;
  /** The folder that the build wrote: holds the workflow bundle and the migrations. */
  builtRoot: string;
  /** Tools beside those that are built in. */
  tools?: readonly Tool[];
  /** One line at a time about what a start is waiting for. */
  onProgress: (line: string) => void;
  /** Ends a start that is under way. */
  signal?: AbortSignal;
}
