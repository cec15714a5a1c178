/** What the API knows of the tools: their descriptions, and their word on a step's arguments. */
import type { ToolDescription } from '../../contracts/api.js';
import type { PathError } from '../../contracts/field-errors.js';
import type { JsonValue } from '../../contracts/plan.js';

export interface ToolCatalog {
  list(): ToolDescription[];
  /**
   * What is wrong with the arguments, empty when nothing is; a value that is one reference fits anything.
   * Paths begin where the arguments do, and are empty for the whole.
   * @returns undefined when there is no such tool
   */
  checkArgs(name: string, args: Record<string, JsonValue>): PathError[] | undefined;
}
