/** How the events of a run become the messages of another protocol. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import type { WritingMoment } from './writings.js';

/** What ends a stream of the AI SDK, as the one message that is not JSON. */
export const LAST = '[DONE]';

export interface Translation {
  /** Given every event from a run's first on, once and in order: the messages that say the same. It keeps what it needs. */
  ofEvent(event: RunEvent | EphemeralEvent): unknown[];
  /** What a model writes meanwhile. */
  ofWriting(moment: WritingMoment): unknown[];
}
