/** Tools of the operator's own, with whatever keeps them usable. */
import type { Tool } from '../tools/tool.js';

export interface FolderTools {
  tools: Tool[];
  /** Ends what they hold open. */
  close(): Promise<void>;
}
