/** Messages to a run under way: its models read them with the next question that they are asked. */
import { z } from 'zod';

export const MAX_MESSAGE_CHARACTERS = 4_000;

export const sendMessageSchema = z.strictObject({
  text: z.string().max(MAX_MESSAGE_CHARACTERS).trim().min(1, 'must not be empty'),
});
