/** What the API knows of the tools: their descriptions, and their word on a step's arguments. */
import type { ToolDescription } from '../../contracts/api.js';
import type { FieldError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';

export interface ToolCatalog {
  list(): ToolDescription[];
  /**
   * What is wrong with the arguments, empty when nothing is; a value that is one reference fits anything.
   * Fields begin where the arguments do: `.url`, `.items[2]`, or empty for the whole.
   * @returns undefined when there is no such tool
   */
  checkArgs(name: string, args: Record<string, JsonValue>): FieldError[] | undefined;
}
