import { once } from 'node:events';
import net from 'node:net';
import { expect, it } from 'vitest';
import { claimPort } from './free-port.js';

const claim = (port: number, host = '127.0.0.1') => claimPort(host, port, 'Temporal’s port', 'TEMPORAL_PORT');

it('picks a free port for 0, and answers a free one as it is', async () => {
  const port = await claim(0);
  expect(port).toBeGreaterThan(1023);
  // Not one that an outgoing connection may take in the meantime.
  expect(port).toBeLessThan(32_768);
  expect(await claim(port)).toBe(port);
});

it('names a taken port and the variable that moves it', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await expect(claim(port)).rejects.toThrow(
    `Temporal’s port ${port} is taken; set TEMPORAL_PORT to a free one.`,
  );
  server.close();
});

it('says that an address is not of this machine', async () => {
  await expect(claim(0, '192.0.2.1')).rejects.toThrow('192.0.2.1 is not an address of this machine.');
});
