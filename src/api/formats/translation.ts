/** How the events of a run become the messages of another protocol. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';

/** What ends a stream of the AI SDK, as the one message that is not JSON. */
export const LAST = '[DONE]';

/** Given every event from a run's first on, once and in order: the messages that say the same. It keeps what it needs. */
export type Translate = (event: RunEvent | EphemeralEvent) => unknown[];
