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

function main() {
  const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  const rules = read('scripts/supply-chain.json');
  const faults = lockFaults(read('package-lock.json'), rules);
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    report = null;
  }
  const holes = auditFaults(report, rules.advisoryExceptions);
  if (holes === null)
    console.warn('npm audit was not answered by the registry: known holes were not looked for.');
  for (const fault of [...faults, ...(holes ?? [])]) console.error(fault);
  if (faults.length + (holes?.length ?? 0) > 0) process.exitCode = 1;
  else console.log('licenses and checksums are as they should be');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
