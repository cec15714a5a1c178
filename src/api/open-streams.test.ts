/** How many streams a tenant may have open, as its clients meet it. */
import { afterEach, expect, test } from 'vitest';
import type { Principal } from '../../contracts/principal.js';
import { createApp } from './create-app.js';
import { checkedFetch as fetch } from './testing/checked-fetch.js';
import { createFakes, dependenciesOf } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

const principal = (tenantId: string): Principal => ({
  tenantId,
  subject: 'someone',
  scope: 'admin',
  expiresAt: null,
});

async function serve(maxOfTenant: number) {
  const fakes = createFakes();
  const { url, close: end } = await listen(
    createApp(
      dependenciesOf(fakes, {
        principalOf: (req) => principal(req.get('x-tenant') ?? 'a'),
        streams: { maxOfTenant },
      }),
    ).app,
  );
  close = end;
  const submit = (tenant: string, accept: string) =>
    fetch(`${url}/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'x-tenant': tenant },
      body: JSON.stringify({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] } }),
    });
  const runOf = async (tenant: string) =>
    ((await (await submit(tenant, 'application/json')).json()) as { id: string }).id;
  const open = (tenant: string, id: string, accept = 'text/event-stream') =>
    fetch(`${url}/v1/runs/${id}/events`, { headers: { accept, 'x-tenant': tenant } });
  return { fakes, submit, runOf, open };
}

const refusalOf = async (answer: Response) => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
  answer.headers.get('retry-after'),
];

test('a tenant opens so many streams and no more, others open theirs, and one that closes makes room', async () => {
  const { open, runOf } = await serve(2);
  const [mine, theirs] = [await runOf('a'), await runOf('b')];
  const [first, second] = [await open('a', mine), await open('a', mine)];
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(await refusalOf(await open('a', mine))).toEqual([429, 'stream_limit_reached', '10']);
  expect((await open('a', mine, 'application/json')).status).toBe(200);
  expect((await open('b', theirs)).status).toBe(200);
  await first.body?.cancel();
  // The server hears of it when it does.
  await expect.poll(async () => (await open('a', mine)).status, { timeout: 20_000 }).toBe(200);
});

test('of many at once no more are opened than may be', async () => {
  const { open, runOf } = await serve(5);
  const id = await runOf('a');
  const answers = await Promise.all(Array.from({ length: 50 }, () => open('a', id)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(45);
});

test('a submission that could not be streamed begins no run', async () => {
  const { fakes, submit } = await serve(1);
  expect((await submit('a', 'text/event-stream')).status).toBe(200);
  expect(await refusalOf(await submit('a', 'text/event-stream'))).toEqual([
    429,
    'stream_limit_reached',
    '10',
  ]);
  expect(fakes.engine.starts).toHaveLength(1);
  expect((await submit('a', 'application/json')).status).toBe(202);
});
