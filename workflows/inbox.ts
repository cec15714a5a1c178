/** What people have told the run while it goes on; each message is an event, and the event is what models are shown. */
import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import type { NewEvent } from '../contracts/events.js';
import { MAX_MESSAGES, MESSAGE_UPDATE, messageKey, type MessageRequest } from '../contracts/messages.js';

const messageUpdate = defineUpdate<undefined, [MessageRequest]>(MESSAGE_UPDATE);

export class Inbox {
  /** @param record takes the event of a message, for it to be stored at once */
  constructor(
    private readonly record: (event: NewEvent) => void,
    private received = 0,
  ) {
    const take = (request: MessageRequest): undefined => {
      this.take(request);
    };
    setHandler(messageUpdate, take, {
      validator: (_request: MessageRequest) => {
        if (this.received >= MAX_MESSAGES)
          throw ApplicationFailure.nonRetryable(
            `the run has had ${MAX_MESSAGES} messages, and takes no more`,
            'message_limit_reached',
          );
      },
    });
  }

  private take({ text, by }: MessageRequest): void {
    this.received += 1;
    this.record({
      type: 'message.received',
      key: messageKey(this.received),
      at: new Date().toISOString(),
      data: { text, ...(by === null ? {} : { by }) },
    });
  }

  carry(): number {
    return this.received;
  }
}
