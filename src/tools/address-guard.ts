/** Decides which network addresses tools may call, so that no plan reaches into the operator's own network. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { PerdureError } from '../../contracts/errors.js';
import { createDenyList } from './deny-list.js';

/** Every address of a host name; tests pass their own. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

export interface AddressGuard {
  /**
   * The addresses that a connection to this URL is to be pinned to. Looking the name up again when
   * connecting would let DNS answer differently the second time (DNS rebinding).
   * @throws PerdureError `address_not_allowed`; the resolver's own error when the name cannot be looked up
   */
  check(url: URL): Promise<LookupAddress[]>;
}

// Ports above 1023 that the fetch standard calls bad (https://fetch.spec.whatwg.org/#bad-port): other
// protocols listen there, and might take an HTTP request for commands.
const badHighPorts = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
]);

// Public by number, yet answered by the machine's own cloud: Azure's WireServer.
const cloudServices = new Set(['168.63.129.16']);

/** RFC 1035, with a dot at the end. */
const LONGEST_HOST = 254;

const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Why an IP address may not be called, as a noun; undefined for an ordinary public one. */
export function addressProblem(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return 'something other than an IP address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return `an address of the range ${range}`;
  if (cloudServices.has(parsed.toString())) return 'an address of a cloud’s internal services';
  // ipaddr.js takes what it has no name for to be unicast, IPv4-compatible ::127.0.0.1 for one; only
  // 2000::/3 is given out (https://www.iana.org/assignments/ipv6-address-space).
  if (parsed.kind() === 'ipv6' && !parsed.match(globalUnicast))
    return 'an address outside the public internet';
  return undefined;
}

/** Why a URL may not be called whatever its host is; undefined when it may. */
export function urlProblem(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http and https may be called';
  if (url.username !== '' || url.password !== '') return 'it must not hold a user name or password';
  if (url.hostname.length > LONGEST_HOST) return 'its host name is longer than any';
  return undefined;
}

const portOf = (url: URL): number =>
  url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);

const portProblem = (port: number): string | undefined =>
  (port < 1024 && port !== 80 && port !== 443) || badHighPorts.has(port)
    ? `port ${port} is not one for web servers`
    : undefined;

/**
 * @param allow lower-case `host` (any address, but ordinary ports only) or `host:port` (exactly that);
 *   IPv6 in brackets, as in a URL
 * @param deny what no other list allows, see createDenyList
 */
export function createAddressGuard({
  allow,
  deny = [],
  resolve = (hostname) => lookup(hostname, { all: true }),
}: {
  allow: readonly string[];
  deny?: readonly string[] | undefined;
  resolve?: Resolve;
}): AddressGuard {
  const allowed = new Set(allow.map((entry) => entry.toLowerCase()));
  const denied = createDenyList(deny);
  return {
    async check(url) {
      const refuse = (why: string): never => {
        throw new PerdureError(
          'address_not_allowed',
          `${url.protocol}//${url.host} may not be called: ${why}`,
        );
      };
      const wrong = urlProblem(url);
      if (wrong !== undefined) refuse(wrong);
      const port = portOf(url);
      if (denied.hostDeniedBy(url.hostname, port) !== undefined) refuse('the operator denies it');
      const portAllowed = allowed.has(`${url.hostname}:${port}`);
      const wrongPort = portAllowed ? undefined : portProblem(port);
      if (wrongPort !== undefined) refuse(wrongPort);

      // The URL parser has made one spelling of every IPv4 form (octal, hexadecimal, a single number).
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      const literal = ipaddr.isValid(host);
      const addresses = literal
        ? [{ address: host, family: host.includes(':') ? 6 : 4 }]
        : await resolve(host);
      if (addresses.some(({ address }) => denied.addressDeniedBy(address) !== undefined))
        refuse(literal ? 'the operator denies it' : 'its name leads to what the operator denies');
      if (portAllowed || allowed.has(url.hostname)) return addresses;
      // One bad address among good ones refuses all: which of them is called would be up to chance.
      for (const { address } of addresses) {
        const problem = addressProblem(address);
        if (problem !== undefined) refuse(literal ? `it is ${problem}` : `its name leads to ${problem}`);
      }
      return addresses;
    },
  };
}
