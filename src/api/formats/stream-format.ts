/** The protocols in which the events of a run can be streamed, and how a reader that was cut off goes on in each. */
import type { EventFrame } from '../event-frame.js';
import { createAgUiTranslation } from './ag-ui.js';
import { createAiSdkTranslation } from './ai-sdk.js';
import { LAST, type Translation } from './translation.js';
import { Writings } from './writings.js';

export const streamFormats = ['native', 'ag-ui', 'ai-sdk'] as const;
export type StreamFormat = (typeof streamFormats)[number];

/** Where a reader stands: it has the events up to `seq`, and so many messages of the one after it. */
export interface Position {
  seq: number;
  messages: number;
}

const translations: Record<Exclude<StreamFormat, 'native'>, () => Translation> = {
  'ag-ui': createAgUiTranslation,
  'ai-sdk': createAiSdkTranslation,
};

/** What a format asks of the answer's head. */
export const headersOf = (format: StreamFormat): Record<string, string> =>
  format === 'ai-sdk' ? { 'x-vercel-ai-ui-message-stream': 'v1' } : {};

/**
 * Text of each event as it goes out; nothing for what the reader has, and for what the format leaves out.
 *
 * An event can be several messages. The last one has the event's `seq` as its id, those before it `<seq - 1>.<n>`: the
 * reader comes back with exactly what it has.
 */
export function createTexts(format: StreamFormat, from: Position): (frame: EventFrame) => string {
  if (format === 'native') return asIs;
  const translation = translations[format]();
  const writings = new Writings();
  return ({ event, seq }) => {
    const passing = writings.momentsOf(event).flatMap((moment) => translation.ofWriting(moment));
    const messages = translation.ofEvent(event);
    if (seq === null) return unnumbered([...passing, ...messages]);
    if (seq <= from.seq) return '';
    const known = seq === from.seq + 1 ? from.messages : 0;
    const numbered = messages.map((message, i) => {
      const id = i === messages.length - 1 ? seq : `${seq - 1}.${i + 1}`;
      return `id: ${id}\ndata: ${dataOf(message)}\n\n`;
    });
    return unnumbered(passing) + numbered.slice(known).join('');
  };
}

const unnumbered = (messages: unknown[]): string =>
  messages.map((message) => `data: ${dataOf(message)}\n\n`).join('');

const asIs = ({ text }: EventFrame): string => text;

const dataOf = (message: unknown): string => (message === LAST ? LAST : JSON.stringify(message));

/** @returns undefined for what is no id */
export function positionOf(id: string): Position | undefined {
  const [, seq, messages = 0] = /^(\d{1,15})(?:\.(\d{1,3}))?$/.exec(id) ?? [];
  return seq === undefined ? undefined : { seq: Number(seq), messages: Number(messages) };
}
