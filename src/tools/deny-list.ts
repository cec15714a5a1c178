/** Hosts, domains and ranges of addresses that tools may never call, whatever else allows it. */
import ipaddr from 'ipaddr.js';

export interface DenyList {
  /** The entry that a host is denied by, in any spelling of its name; undefined for none. */
  hostDeniedBy(hostname: string, port: number): string | undefined;
  /** The same of an address that a name leads to. */
  addressDeniedBy(address: string): string | undefined;
}

/** `host`, `host:port`, `*.domain` (not the domain itself), an address, or a range such as 203.0.113.0/24. */
export function createDenyList(entries: readonly string[]): DenyList {
  const all = entries.map((entry) => entry.toLowerCase());
  const names = new Set(all);
  const domains = all.filter((entry) => entry.startsWith('*.'));
  const ranges = all.flatMap((entry) => {
    const range = rangeOf(entry);
    return range === null ? [] : [{ entry, range }];
  });
  return {
    hostDeniedBy(hostname, port) {
      // "example.com." is the same host.
      const host = withoutLastDots(hostname.toLowerCase());
      return (
        [host, `${host}:${port}`].find((name) => names.has(name)) ??
        domains.find((domain) => host.endsWith(domain.slice(1)))
      );
    },
    addressDeniedBy(address) {
      if (!ipaddr.isValid(address)) return undefined;
      // Of ::ffff:192.0.2.1 what it stands for.
      const parsed = ipaddr.process(address);
      return ranges.find(
        ({ range: [base, bits] }) => base.kind() === parsed.kind() && parsed.match(base, bits),
      )?.entry;
    },
  };
}

/** Not by a pattern, which reads a long row of dots anew from each of them. */
function withoutLastDots(host: string): string {
  let end = host.length;
  while (host[end - 1] === '.') end -= 1;
  return host.slice(0, end);
}

/** Null for what is a name. */
function rangeOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  const bare = entry.replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.isValidCIDR(bare)) return ipaddr.parseCIDR(bare);
  if (!ipaddr.isValid(bare)) return null;
  const address = ipaddr.process(bare);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
