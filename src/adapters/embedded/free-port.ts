/** Ports of the loopback interface: whether one is taken, and one that is not. */
import { randomInt } from 'node:crypto';
import net from 'node:net';
import { hasCode, StartupError } from './startup-error.js';

/**
 * Where free ones are looked for: below those that systems give to outgoing connections (Linux from 32,768 on), of
 * which one might take the port before whoever claimed it opens it. Temporal on PostgreSQL, too, can keep no higher one.
 */
const FREE_FROM = 20_000;
const FREE_BELOW = 32_000;
const FREE_TRIES = 100;

/**
 * @param wanted a port number, or 0 for any free one
 * @param whose names the port in the error, as in "Temporal's port"
 * @param variable the environment variable that sets it
 * @throws StartupError when it is taken or may not be used
 */
export async function claimPort(
  host: string,
  wanted: number,
  whose: string,
  variable: string,
): Promise<number> {
  try {
    return await (wanted === 0 ? anyFree(host) : bindOnce(host, wanted));
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE'))
      throw new StartupError(`${whose} ${wanted} is taken; set ${variable} to a free one.`, { cause: error });
    if (hasCode(error, 'EACCES'))
      throw new StartupError(`${whose} ${wanted} may not be used; set ${variable} to one above 1023.`, {
        cause: error,
      });
    if (hasCode(error, 'EADDRNOTAVAIL', 'ENOTFOUND'))
      throw new StartupError(`${host} is not an address of this machine.`, { cause: error });
    throw error;
  }
}

async function anyFree(host: string): Promise<number> {
  for (let i = 1; ; i += 1)
    try {
      return await bindOnce(host, randomInt(FREE_FROM, FREE_BELOW));
    } catch (error) {
      if (i === FREE_TRIES || !hasCode(error, 'EADDRINUSE')) throw error;
    }
}

/** Binds and lets go again: whoever was given the number opens it next. */
function bindOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  });
}
