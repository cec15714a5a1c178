/** The tools that plans can name. */
import type { RequestHandler } from 'express';
import type { ToolList } from '../../../contracts/api.js';
import type { ApiContext } from '../context.js';

export function createListToolsRoute({ tools }: ApiContext): RequestHandler {
  return (_req, res) => {
    const list: ToolList = { tools: tools.list() };
    res.json(list);
  };
}
