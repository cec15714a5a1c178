/** Bundles console/ into static files whose names change with their content, each with its compressed forms beside it. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

/** Where the API serves them. */
const BASE = '/console/';
/** What is compressed already gains nothing. */
const COMPRESSED = ['.js', '.css', '.svg', '.html'];
/** Close to the best of brotli, in a tenth of its time. */
const BROTLI_QUALITY = 9;

/**
 * @param {{ root: string, out: string, esbuild: typeof import('esbuild') }} options `out` is made: index.html and assets/
 * @returns {Promise<void>}
 */
export async function buildConsole({ root, out, esbuild }) {
  const folder = path.join(root, 'console');
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: [path.join(folder, 'main.tsx')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    // The client's sources: dist/ is only being made.
    alias: { 'perdure/client': path.join(root, 'src/client/client.ts') },
    loader: { '.woff2': 'file' },
    outdir: path.join(out, 'assets'),
    publicPath: `${BASE}assets/`,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    absWorkingDir: root,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const files = outputFiles.map(({ path: file, contents }) => ({
    name: `assets/${path.basename(file)}`,
    content: Buffer.from(contents),
  }));
  const icon = readFileSync(path.join(folder, 'icon.svg'));
  const iconName = `assets/icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  const page = pageOf(readFileSync(path.join(folder, 'index.html'), 'utf8'), metafile, iconName);
  files.push({ name: iconName, content: icon }, { name: 'index.html', content: Buffer.from(page) });
  mkdirSync(path.join(out, 'assets'), { recursive: true });
  await Promise.all(files.map(({ name, content }) => write(path.join(out, name), content)));
}

/** The page with the addresses of its script and style, and of what the script will ask for at once. */
function pageOf(template, { outputs }, icon) {
  const entry = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'console/main.tsx');
  if (entry === undefined) throw new Error('esbuild has not built console/main.tsx');
  const [script, { imports, cssBundle }] = entry;
  const address = (file) => `${BASE}assets/${path.basename(file)}`;
  const early = imports.filter(({ kind }) => kind === 'import-statement').map(({ path: file }) => file);
  const tags = [
    `<link rel="icon" type="image/svg+xml" href="${BASE}${icon}" />`,
    ...(cssBundle === undefined ? [] : [`<link rel="stylesheet" href="${address(cssBundle)}" />`]),
    ...early.map((file) => `<link rel="modulepreload" href="${address(file)}" />`),
    `<script type="module" src="${address(script)}"></script>`,
  ];
  return template.replace('<!-- assets -->', tags.join('\n    '));
}

async function write(file, content) {
  writeFileSync(file, content);
  if (!COMPRESSED.includes(path.extname(file))) return;
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  const [br, gz] = await Promise.all([brotli(content, { params }), gzip(content)]);
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gz);
}
