/** Log lines for the person at a terminal: the message and its cause, without the JSON around them. */
import { Writable } from 'node:stream';

/** @param out where a line a message goes, such as standard error */
export function terminalLines(out: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') out.write(`${plain(line)}\n`);
      done();
    },
  });
}

function plain(line: string): string {
  const { level, msg, err } = JSON.parse(line) as {
    level?: string;
    msg?: string;
    err?: { message?: string };
  };
  const cause = err?.message === undefined || msg?.includes(err.message) === true ? '' : `: ${err.message}`;
  return `perdure: ${level === 'error' ? '' : `${level ?? ''}: `}${harmless(`${msg ?? ''}${cause}`)}`;
}

/**
 * Without what terminals obey, and marks that turn the direction of writing around: a service's error may hold them. What
 * comes after a line's end is set in, so that it passes for no line of ours.
 */
const harmless = (text: string): string =>
  text
    .replaceAll(/\r?\n/g, '\n  ')
    .replaceAll(/(?!\n)[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, '');
