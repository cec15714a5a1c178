/** What files of own tools import as `perdure/tools`. */
export { z } from 'zod';
export { PerdureError } from '../../contracts/errors.js';
export { defineTool } from './tool.js';
export type { Effect, Tool, ToolContext, ToolFiles, ToolResult } from './tool.js';
export type { JsonValue } from '../../contracts/plan.js';
