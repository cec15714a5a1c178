/** How a secret may stand in what comes back from a service that was given it. */

/** Shorter pieces of a value stand in any text by chance. */
const SHORTEST = 8;

/** As it stands, as other notations write it, and within base64 at whichever of three offsets it begins. */
export function formsOf(value: string): string[] {
  const base64 = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    // What does not depend on the bytes before and after.
    const core = bytes
      .toString('base64')
      .replaceAll('=', '')
      .slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === 0 ? undefined : -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = Buffer.from(value).toString('hex');
  const written = [value, ...inJson(value), ...inAddress(value), ...inMarkup(value)];
  const forms = [...written, ...written.flatMap(inJson), hex, hex.toUpperCase(), ...base64];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

/** Some write slashes with a backslash (PHP), some nothing but ASCII (Python). */
function inJson(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = (digits: (code: string) => string): string =>
    json.replaceAll(/[\u0080-\uffff]/g, (c) => `\\u${digits(c.charCodeAt(0).toString(16).padStart(4, '0'))}`);
  const all = [json, ascii((code) => code), ascii((code) => code.toUpperCase())];
  return [...all, ...all.map((each) => each.replaceAll('/', '\\/'))];
}

/** As a part of an address, a whole one, a form, and a part of one that is a part of another. */
function inAddress(text: string): string[] {
  const part = encodeURIComponent(text);
  const all = [part, encodeURI(text), new URLSearchParams({ '': text }).toString().slice(1)];
  const lower = all.map((each) => each.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  return [...all, ...lower, encodeURIComponent(part)];
}

function inMarkup(text: string): string[] {
  const markup = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = markup.replaceAll('"', '&quot;');
  return [markup, quoted, quoted.replaceAll("'", '&#39;'), quoted.replaceAll("'", '&#x27;')];
}
