/** Which hosts people have named: what a model may have called without asking anybody. */

/** What a goal holds of addresses. Begun where a word begins, so that a long one is read once. */
const addresses =
  /(?<![\p{L}\p{N}_.-])(\[[0-9a-f:.]+\]|(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]+|localhost)(:\d{1,5})?/giu;

/**
 * @param given.hosts `host`, `host:port`, `*.host` for all below it, or `*`
 * @param given.texts written by people; a host that stands in one, whole, is named
 */
export function isNamedHost(
  url: URL,
  given: { hosts: readonly string[]; texts: readonly string[] },
): boolean {
  const fits = (entry: string): boolean => {
    if (entry === '*' || entry === url.host || entry === url.hostname) return true;
    return entry.startsWith('*.') && url.hostname.endsWith(entry.slice(1));
  };
  return (
    given.hosts.some((entry) => fits(entry.toLowerCase())) || given.texts.some((text) => names(text, url))
  );
}

function names(text: string, url: URL): boolean {
  for (const [, host = '', port = ''] of text.matchAll(addresses)) {
    // As a URL spells it: punycode, lower case, no default port.
    if (!URL.canParse(`${url.protocol}//${host}${port}`)) continue;
    const named = new URL(`${url.protocol}//${host}${port}`);
    if (named.hostname === url.hostname && (port === '' || named.host === url.host)) return true;
  }
  return false;
}

/**
 * The address that a step's argument will surely lead to, whatever its references turn out to be; undefined where they
 * decide about the host.
 */
export function settledUrl(argument: unknown): URL | undefined {
  if (typeof argument !== 'string') return undefined;
  const known = argument.split('{{')[0] ?? '';
  // A host has ended only where something follows it.
  const isSettled = known === argument || /^https?:\/\/[^/?#\\]+[/?#]/i.test(known);
  return isSettled && URL.canParse(known) ? new URL(known) : undefined;
}
