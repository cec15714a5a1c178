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
  return `perdure: ${level === 'error' ? '' : `${level ?? ''}: `}${msg ?? ''}${cause}`;
}
