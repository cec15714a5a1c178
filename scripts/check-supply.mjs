/**
 * What we stand on: every package of the lockfile has a checksum and a license that we may use, and npm knows of no
 * hole in what is installed with the product. Exceptions are written down with their reasons, in supply-chain.json.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(import.meta.dirname ?? path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @param {{ packages: Record<string, { license?: string, integrity?: string, link?: boolean, hasInstallScript?: boolean }> }} lock
 * @param {{ licenses: string[], licenseExceptions: Record<string, string> }} rules
 * @returns {string[]} what is wrong, a sentence each
 */
export function lockFaults(lock, rules) {
  const faults = [];
  const used = new Set();
  for (const [place, { license, integrity, link }] of Object.entries(lock.packages)) {
    if (place === '' || link === true) continue;
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (!/^sha512-/.test(integrity ?? '')) faults.push(`${name} has no SHA-512 checksum in the lockfile`);
    if (isAllowed(license, rules.licenses)) continue;
    // Platforms have packages of their own, called alike.
    const exception = Object.keys(rules.licenseExceptions).find(
      (known) => name === known || name.startsWith(`${known}-`),
    );
    if (exception === undefined) faults.push(`${name} has the license ${license ?? '(none)'}`);
    else used.add(exception);
  }
  for (const name of Object.keys(rules.licenseExceptions))
    if (!used.has(name)) faults.push(`the license exception for ${name} is not needed any more`);
  return faults;
}

/** Of an SPDX expression: all parts of AND, one of OR. */
function isAllowed(expression, allowed) {
  if (expression === undefined) return false;
  const bare = expression.replaceAll(/[()]/g, '');
  return bare.split(' OR ').some((one) => one.split(' AND ').every((part) => allowed.includes(part.trim())));
}

/**
 * @param {unknown} report what `npm audit --json` says
 * @param {Record<string, string>} exceptions reasons by the advisory's address
 * @returns {string[] | null} null where the registry was not asked
 */
export function auditFaults(report, exceptions) {
  const { vulnerabilities } = report ?? {};
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null) return null;
  const found = Object.values(vulnerabilities).flatMap(({ name, severity, via }) =>
    via
      .filter((cause) => typeof cause === 'object')
      .map(({ title, url }) => ({ name, severity, title, url })),
  );
  return found
    .filter(({ url }) => exceptions[url] === undefined)
    .map(({ name, severity, title, url }) => `${name}: ${severity}, ${title} (${url})`);
}

/**
 * @param {{ stdout?: string, stderr?: string, error?: Error }} ran `npm audit --json`
 * @returns {string} why known holes were not looked for, in one sentence
 */
export function whyUnanswered({ stdout = '', stderr = '', error }) {
  if (error !== undefined) return `npm could not be run: ${error.message}`;
  const said = parsed(stdout);
  const status = Number(said?.statusCode);
  const words = String(said?.message ?? said?.error?.summary ?? stderr).split('\n')[0];
  if ([404, 405, 501].includes(status)) return `this registry has no endpoint for it (${status})`;
  if (status > 0) return `the registry answered ${status}`;
  return `the registry gave no answer that can be read: ${words === '' ? 'nothing' : words}`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function main() {
  const isRequired = process.argv.includes('--require-audit');
  const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  const rules = read('scripts/supply-chain.json');
  const faults = lockFaults(read('package-lock.json'), rules);
  const ran = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  const holes = auditFaults(parsed(ran.stdout), rules.advisoryExceptions);
  for (const fault of [...faults, ...(holes ?? [])]) console.error(fault);
  const isFaulty = faults.length + (holes?.length ?? 0) > 0;
  if (isFaulty || (holes === null && isRequired)) process.exitCode = 1;
  if (!isFaulty) console.log('licenses and checksums are as they should be');
  if (holes !== null) {
    if (holes.length === 0) console.log('npm audit knows of no hole in what is installed with the product');
    return;
  }
  // Last, so that nobody takes the line before for all there is to say.
  console.warn(
    `NOT CHECKED: known holes (npm audit), for ${whyUnanswered(ran)}.\n` +
      'Do it where the registry answers before a release: npm run supply -- --require-audit fails where it does not, and\n' +
      'npm_config_registry=https://registry.npmjs.org names one that does.',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
