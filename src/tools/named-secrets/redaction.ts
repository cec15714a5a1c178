/** Takes values of secrets out of what comes back from a tool: a service may answer with what it was sent. */
import { Transform } from 'node:stream';
import { formsOf } from '../secret-forms.js';
import type { NamedSecret } from './named-secrets.js';

export interface Redaction {
  text(text: string): string;
  /** A new one for each stream. */
  stream(): Transform;
}

export function createRedaction(secrets: readonly Pick<NamedSecret, 'name' | 'value'>[]): Redaction {
  const forms = secrets
    .flatMap(({ name, value }) => formsOf(value).map((form) => ({ form, mark: `[secret ${name}]` })))
    // A form that holds another one goes first.
    .sort((a, b) => b.form.length - a.form.length);
  const longest = Math.max(0, ...forms.map(({ form }) => Buffer.byteLength(form)));
  const text = (all: string): string =>
    forms.reduce((rest, { form, mark }) => (rest.includes(form) ? rest.replaceAll(form, mark) : rest), all);
  return {
    text,
    stream() {
      let held: Buffer = Buffer.alloc(0);
      // One byte a character, so that whatever the bytes are they come out as they were.
      const clean = (bytes: Buffer): Buffer =>
        Buffer.from(
          forms.reduce(
            (rest, { form, mark }) => rest.replaceAll(Buffer.from(form).toString('latin1'), mark),
            bytes.toString('latin1'),
          ),
          'latin1',
        );
      return new Transform({
        transform(chunk: Buffer, _encoding, done) {
          const all = clean(Buffer.concat([held, chunk]));
          // The beginning of a form that the next chunk may complete.
          const keep = Math.min(all.length, Math.max(0, longest - 1));
          held = all.subarray(all.length - keep);
          done(null, all.subarray(0, all.length - keep));
        },
        flush(done) {
          done(null, clean(held));
        },
      });
    },
  };
}
