/** Tools, and what they may not do. */
import { entry, type ErrorEntry } from './entry.js';

export const toolErrors = {
  tool_changed: entry(
    409,
    false,
    'The tool is not what was accepted of it',
    'Its MCP server says something else of it than before: look with perdure tools check, then perdure tools accept.',
  ),
  tool_not_configured: entry(
    500,
    false,
    'A setting that the tool needs is missing',
    'Have the operator set the secret that the detail names, for the workers.',
  ),
  tool_invalid_args: entry(
    422,
    false,
    'The tool was given arguments it cannot take',
    'Correct the step’s args.',
  ),
  tool_failed: entry(500, false, 'The tool failed', 'The detail says why; the same call would fail again.'),
  tool_unavailable: entry(
    503,
    true,
    'The tool could not do its work just now',
    'It is tried again by itself.',
  ),
  tool_timeout: entry(
    504,
    true,
    'The tool took longer than it may',
    'Give it less to do, or raise the tool’s limit.',
  ),
  tool_limit_exceeded: entry(
    422,
    false,
    'The tool went over a limit',
    'Give it less to do; the detail names the limit.',
  ),
  address_not_allowed: entry(
    422,
    false,
    'The address is not one that may be called',
    'Use a public http(s) address, or have the operator allow the host in PERDURE_HTTP_ALLOW (a model’s in PERDURE_MODEL_ALLOW).',
  ),
  address_not_named: entry(
    403,
    false,
    'Nobody has named this host',
    'A model chose it, and a person is asked. Name it in the goal or in the agent’s hosts, and nobody is.',
  ),
  secret_not_allowed: entry(
    422,
    false,
    'The arguments name a secret that may not go there',
    'Name one that is declared for this host or argument, and for your tenant; operators declare them in secrets.yaml.',
  ),
} as const satisfies Record<string, ErrorEntry>;
