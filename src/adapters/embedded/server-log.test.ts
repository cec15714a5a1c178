import { describe, expect, it } from 'vitest';
import { tellingLine } from './server-log.js';

describe('the telling line of what Postgres said', () => {
  it('is the one about the full disk, whatever came of it', () => {
    // What initdb of Postgres 18 wrote on a disk of 20 MB.
    const said = `
2026-11-24 19:55:50.048 UTC [17262] FATAL:  could not extend file "base/1/2691": No space left on device
2026-11-24 19:55:50.048 UTC [17262] HINT:  Check free disk space.
2026-11-24 19:55:50.048 UTC [17262] PANIC:  cannot abort transaction 1, it was already committed
Aborted
child process exited with exit code 134
initdb: removing data directory "/tmp/small/d/data"
`;
    expect(tellingLine(said)).toMatch(/could not extend file "base\/1\/2691": No space left on device$/);
  });

  it('is the last that names a failure, or else the last', () => {
    expect(tellingLine('FATAL: first\nFATAL: second\nHINT: none\n')).toBe('FATAL: second');
    expect(tellingLine('one\ntwo\n\n')).toBe('two');
    expect(tellingLine('')).toBe('');
  });
});
