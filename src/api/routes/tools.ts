/** The tools that plans can name. */
import type { RequestHandler } from 'express';
import type { ToolList } from '../../../contracts/api.js';
import type { ApiContext } from '../context.js';
import { sendTagged } from '../entity-tag.js';

export function createListToolsRoute({ tools }: ApiContext): RequestHandler {
  return (req, res) => {
    const list: ToolList = { tools: tools.list() };
    sendTagged(req, res, list);
  };
}
