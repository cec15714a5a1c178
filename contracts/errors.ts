/** The one table of error codes: HTTP status, whether a retry can help, and what the user can do. */

interface ErrorEntry {
  /** HTTP status of the problem+json answer. */
  readonly status: number;
  /** Whether the same action, done again later, can succeed. Temporal's retry mark follows it. */
  readonly retryable: boolean;
  readonly title: string;
  /** What the person who meets the error can do. */
  readonly advice: string;
}

const entry = (status: number, retryable: boolean, title: string, advice: string): ErrorEntry => ({
  status,
  retryable,
  title,
  advice,
});

export const errorTable = {
  malformed_http: entry(
    400,
    false,
    'What was sent is not an HTTP request',
    'Use an HTTP/1.1 client; look at what stands between it and the server.',
  ),
  headers_too_large: entry(
    431,
    false,
    'The address and the headers are too large',
    'Send less than 16 KB of them; large things belong into the body.',
  ),
  request_timeout: entry(
    408,
    true,
    'The request did not arrive in time',
    'Send it again; large files go faster in parts, by a link to the store itself.',
  ),
  malformed_json: entry(
    400,
    false,
    'The body is not valid JSON',
    'Send a JSON object; where the text breaks, the detail names the position.',
  ),
  unsupported_media_type: entry(
    415,
    false,
    'The body has another content type',
    'Send content-type: application/json.',
  ),
  body_too_large: entry(
    413,
    false,
    'The body is too large',
    'Upload large files with PUT /v1/runs/{id}/files/{path}, or send less.',
  ),
  invalid_request: entry(
    422,
    false,
    'The request does not fit the contract',
    'Each entry of errors names a field and what is wrong with it.',
  ),
  invalid_plan: entry(
    422,
    false,
    'The plan cannot run',
    'Each entry of errors names the step and the field at fault.',
  ),
  model_not_configured: entry(
    422,
    false,
    'A goal without a plan needs a model',
    'Send a plan in the request, or have the operator set PERDURE_MODEL.',
  ),
  unknown_agent: entry(
    422,
    false,
    'There is no such agent',
    'Leave agent out, or name one of GET /v1/agents.',
  ),
  idempotency_key_reused: entry(
    422,
    false,
    'This Idempotency-Key was used with another body',
    'Use a new key for a new request.',
  ),
  invalid_path: entry(
    422,
    false,
    'The path is not allowed',
    'Use a relative path of plain names joined by "/", without ".." and hidden system folders.',
  ),
  unauthenticated: entry(
    401,
    false,
    'Who is calling is not known',
    'Send Authorization: Bearer with a token of your sign-in or an API key; the detail says what was wrong.',
  ),
  sign_in_unavailable: entry(
    503,
    true,
    'The keys of the sign-in cannot be had',
    'Try again; whoever signed in while they could be had goes on. The log has the cause.',
  ),
  stream_tickets_unavailable: entry(
    501,
    false,
    'This server gives no stream tickets',
    'Send the Authorization header with the stream, or have the operator set PERDURE_TICKET_SECRET.',
  ),
  insufficient_scope: entry(
    403,
    false,
    'The token or key may not do this',
    'Use one with the scope that the detail names.',
  ),
  webhooks_unavailable: entry(
    501,
    false,
    'This server sends no webhooks',
    'Leave webhook out, or have the operator set PERDURE_WEBHOOK_SECRET.',
  ),
  webhook_not_delivered: entry(
    502,
    true,
    'The webhook was not delivered',
    'It is tried again by itself, for three days; the run says how far it is.',
  ),
  webhook_refused: entry(
    410,
    false,
    'The receiver of the webhook wants no more of them',
    'It answered 410; submit the next run with another webhook, or none.',
  ),
  rate_limited: entry(
    429,
    true,
    'Too many requests',
    'Try again after Retry-After seconds; the RateLimit headers say what is left.',
  ),
  run_limit_reached: entry(
    429,
    true,
    'Too many runs are open',
    'Try again when some of them have ended, or cancel those that are not needed.',
  ),
  storage_limit_reached: entry(
    429,
    true,
    'The files take up all the room there is',
    'Delete files or runs that are not needed, or have the operator raise the limit.',
  ),
  run_not_found: entry(404, false, 'There is no such run', 'Check the id.'),
  plan_not_made: entry(
    404,
    true,
    'The run has no plan yet',
    'Follow its events: plan.created brings the plan.',
  ),
  events_expired: entry(
    410,
    false,
    'The events of this run are no longer kept',
    'GET /v1/runs/{id} still has the run itself, with its result.',
  ),
  schedule_not_found: entry(404, false, 'There is no such schedule', 'List them with GET /v1/schedules.'),
  schedule_limit_reached: entry(
    429,
    false,
    'There are as many schedules as there may be',
    'Delete those that are not needed.',
  ),
  api_key_not_found: entry(404, false, 'There is no such API key', 'List the keys with GET /v1/api-keys.'),
  run_not_recorded: entry(
    503,
    true,
    'The run was accepted, but its record is not written yet',
    'Try again in a moment: the run is safe with Temporal, and its first activity writes the record.',
  ),
  file_not_found: entry(404, false, 'There is no such file', 'List the files with GET /v1/runs/{id}/files.'),
  not_found: entry(404, false, 'There is nothing at this address', 'See the list of calls in docs/api.md.'),
  method_not_allowed: entry(
    405,
    false,
    'The address does not answer to this method',
    'The Allow header lists the methods.',
  ),
  host_not_allowed: entry(
    403,
    false,
    'The Host header names another host',
    'Call the server by its loopback address; this guards against DNS rebinding.',
  ),
  run_closed: entry(409, false, 'The run has ended', 'A closed run cannot be changed; submit a new one.'),
  run_open: entry(409, true, 'The run has not ended', 'Wait for its end, or cancel it first.'),
  nothing_to_retry: entry(
    409,
    false,
    'The run has completed',
    'There is nothing to do again; fork it from one of its steps to have it done otherwise.',
  ),
  irreversible_repeat: entry(
    409,
    false,
    'Something that cannot be undone might be done twice',
    'Find out whether it was done; then name the steps that may be done again in repeat.',
  ),
  precondition_failed: entry(
    412,
    false,
    'The file or the plan is not as the request says it must be',
    'Read it again, and send the change with its present ETag.',
  ),
  precondition_required: entry(
    428,
    false,
    'The request must say what it changes',
    'Read the plan, and send its ETag as If-Match, so that nobody’s change is lost.',
  ),
  plan_not_changeable: entry(
    409,
    false,
    'The plan cannot be changed so',
    'Steps that have begun or are over stay as they are, and nothing can wait for what has no output; the detail says which.',
  ),
  range_not_satisfiable: entry(
    416,
    false,
    'The range lies outside the file',
    'Ask for a range within the size in Content-Range.',
  ),
  temporal_unavailable: entry(
    503,
    true,
    'Temporal cannot be reached',
    'Nothing was started. Try again; see /readyz.',
  ),
  store_unavailable: entry(
    503,
    true,
    'The database cannot be reached',
    'Try again; runs in progress go on by themselves. See /readyz.',
  ),
  schema_mismatch: entry(
    503,
    false,
    'The database has another schema than this build needs',
    'Have the operator run perdure migrate, or the build that fits.',
  ),
  workspace_unavailable: entry(503, true, 'The workspace cannot be reached', 'Try again; see /readyz.'),
  workspace_refused: entry(
    500,
    false,
    'The workspace does not let perdure in',
    'Have the operator look at the S3 settings that the detail names.',
  ),
  presign_unsupported: entry(
    501,
    false,
    'This workspace gives no links of its own',
    'Use GET and PUT on /v1/runs/{id}/files/{path}; links need files in S3.',
  ),
  shutting_down: entry(
    503,
    true,
    'The server is shutting down',
    'Try again; another server or the next start will answer.',
  ),
  internal: entry(
    500,
    true,
    'Something went wrong inside perdure',
    'The log has the cause under the request id.',
  ),

  approval_not_found: entry(
    404,
    false,
    'There is no such approval',
    'List those of the run with GET /v1/runs/{id}/approvals.',
  ),
  approval_decided: entry(
    409,
    false,
    'The approval is decided already',
    'GET /v1/runs/{id}/approvals says how, and by whom.',
  ),
  callback_not_found: entry(
    404,
    false,
    'Nothing waits for this callback',
    'The token is wrong, or what it was for is over. GET /v1/runs/{id}/callbacks has those that are waited for.',
  ),
  callbacks_unavailable: entry(
    501,
    false,
    'This server takes no callbacks',
    'Have the operator set PERDURE_WEBHOOK_SECRET.',
  ),
  message_limit_reached: entry(
    409,
    false,
    'The run takes no more messages',
    'Cancel it, and submit another one with all that was said.',
  ),
  approval_stale: entry(
    409,
    false,
    'What was approved is not what would be done',
    'Read the approval anew, and decide on its present argsHash.',
  ),
  budget_exhausted: entry(
    409,
    false,
    'The budget is used up',
    'Let it go on with larger limits: POST /v1/runs/{id}/resume with budget. A run that has failed of it is submitted anew.',
  ),
  approval_denied: entry(409, false, 'A person did not approve it', 'The message says who, and why.'),
  decision_pending: entry(
    503,
    true,
    'No worker has taken the decision yet',
    'Send it again: the same decision counts once. See /readyz, or whether a worker polls.',
  ),

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
  worker_stopped: entry(
    503,
    true,
    'The worker was stopped while the tool was running',
    'It is tried again by itself, on another worker or after the restart; the attempt does not count.',
  ),
  worker_busy: entry(
    503,
    true,
    'The worker has no place for the tool just now',
    'It is tried again by itself, here or on another worker; the attempt does not count.',
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
  model_unauthorized: entry(
    500,
    false,
    'The provider of the model does not let perdure in',
    'Have the operator look at the key of the provider that the detail names.',
  ),
  model_refused: entry(
    422,
    false,
    'The model will not answer this request',
    'The detail has the provider’s words: an unknown model, a request it cannot take, or content it refuses.',
  ),
  model_quota_exhausted: entry(
    429,
    false,
    'The account with the provider of the model is used up',
    'Have the operator top it up, or name another model.',
  ),
  model_context_exceeded: entry(
    422,
    false,
    'This is more than the model can read at once',
    'Give it less: a shorter goal, fewer or smaller tool results; or a model with a larger context.',
  ),
  model_rate_limited: entry(
    429,
    true,
    'The provider of the model wants fewer requests',
    'It is tried again by itself, when the provider said.',
  ),
  model_unavailable: entry(
    503,
    true,
    'The model did not answer, or not to the end',
    'It is tried again by itself; name fallback models to have others asked at once.',
  ),
  model_timeout: entry(
    504,
    true,
    'The model took longer than it may',
    'It is tried again by itself; the operator can raise PERDURE_MODEL_SECONDS.',
  ),
  model_limit_exceeded: entry(
    422,
    false,
    'The model’s answer went over a limit',
    'Ask it for less; the detail names the limit.',
  ),
  model_output_invalid: entry(
    422,
    false,
    'The model’s answer cannot be used, even after it was told why',
    'Say the goal more clearly, or name a more capable model; the detail says what was wrong.',
  ),
  agent_no_end: entry(
    422,
    false,
    'The agent did not come to an end',
    'The detail says whether it ran out of turns or went in circles: say the task more clearly, or raise maxTurns.',
  ),
  supervisor_no_end: entry(
    422,
    false,
    'The supervisor comes to no end',
    'The detail says whether it went in circles or reached a limit of its agent: say the goal more clearly, or raise the limits in supervision.',
  ),
  model_script_exhausted: entry(
    500,
    false,
    'The scripted model has no such answer',
    'The detail names the conversation and the turn: add the answer to the script, or record it anew.',
  ),
  reference_unresolved: entry(
    422,
    false,
    'A reference points at nothing',
    'Check the path inside {{...}} against the earlier step’s output.',
  ),
  outcome_unknown: entry(
    409,
    false,
    'It is not known whether an irreversible tool acted',
    'Find out by hand; perdure does not act twice by itself.',
  ),
  address_not_allowed: entry(
    422,
    false,
    'The address is not one that tools may call',
    'Use a public http(s) address, or have the operator allow the host in PERDURE_HTTP_ALLOW.',
  ),
  result_invalid: entry(
    422,
    false,
    'The result does not fit what its agent promises',
    'The detail says where it differs from the agent’s output schema; each step’s own output is in its event.',
  ),
  address_not_named: entry(
    403,
    false,
    'Nobody has named this host',
    'A model chose it: name it in the goal or in the agent’s hosts, or have the step approved.',
  ),
  step_failed: entry(
    500,
    false,
    'A step failed',
    'See the step.failed event; the run stopped because the step’s onFailure is stop.',
  ),
  workflow_gone: entry(
    500,
    false,
    'The run’s workflow is gone',
    'It was terminated, timed out or deleted in Temporal behind perdure’s back; submit the run again.',
  ),
  step_closed: entry(
    409,
    true,
    'The step has ended already',
    'Nothing: its end is in the log, and the run goes on with it.',
  ),
  cancelled: entry(409, false, 'The run was cancelled', 'Submit a new run.'),
  secret_not_allowed: entry(
    422,
    false,
    'The arguments name a secret that may not go there',
    'Name one that is declared for this host or argument, and for your tenant; operators declare them in secrets.yaml.',
  ),
  encryption_key_missing: entry(
    500,
    false,
    'What is asked for was encrypted with a key that is not known here',
    'Operators: put the key back among PERDURE_ENCRYPTION_KEYS. The key of a tenant that was erased is gone for good.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** One wrong field: `field` is a path such as `plan.steps[2].tool`. */
export interface FieldError {
  field: string;
  message: string;
}

/** The error as it stands in events, run records and HTTP answers. */
export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

/** An error whose code, and so whose fate (terminal or retryable), is decided where it is thrown. */
export class PerdureError extends Error {
  override readonly name = 'PerdureError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  /** Seconds after which a retry makes sense, when the cause said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The error that somewhere else was told of by toInfo. */
  static from({ code, message }: ErrorInfo, retryAfterSeconds?: number): PerdureError {
    return new PerdureError(code, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  toInfo(): ErrorInfo {
    return { code: this.code, message: this.message, retryable: this.retryable };
  }
}

/** The end of an irreversible tool of which nobody can say whether it acted. */
export const outcomeUnknown = (why: string): ErrorInfo => ({
  code: 'outcome_unknown',
  message: `${why}; whether it acted is not known`,
  retryable: false,
});

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorTable, value);
