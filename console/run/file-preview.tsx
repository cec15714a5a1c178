/** What is in a file, shown so that nothing in it can act: pictures as pictures, everything else as text. */
import { useQuery } from '@tanstack/react-query';
import { CatchBoundary } from '@tanstack/react-router';
import { lazy, Suspense, type ReactElement } from 'react';
import { client } from '../data/session.js';
import { parseCsv } from '../data/csv.js';
import { bytes, count } from '../parts/format.js';
import { JsonView } from '../parts/json-view.js';
import { isTooHeavy } from '../parts/markdown-weight.js';
import { Failure, Loading } from '../parts/notices.js';
import { RunImage } from './run-image.js';

const Markdown = lazy(() => import('../parts/markdown.js'));

/** Of a text, as much is fetched and shown. */
const MOST_BYTES = 300_000;
const MOST_IMAGE_BYTES = 20_000_000;
const MOST_ROWS = 500;
const MOST_COLUMNS = 100;

const kinds: Record<string, 'image' | 'markdown' | 'csv' | 'json' | 'text'> = {
  ...Object.fromEntries(['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'svg'].map((end) => [end, 'image'])),
  ...Object.fromEntries(['md', 'markdown'].map((end) => [end, 'markdown'])),
  csv: 'csv',
  json: 'json',
  ...Object.fromEntries(
    ['txt', 'log', 'tsv', 'yaml', 'yml', 'xml', 'html', 'js', 'ts', 'py', 'sql', 'css', 'sh'].map((end) => [
      end,
      'text',
    ]),
  ),
};

interface File {
  path: string;
  bytes: number;
  etag: string;
}

export function FilePreview({ runId, file }: { runId: string; file: File }): ReactElement {
  const ending = file.path.split('.').at(-1)?.toLowerCase() ?? '';
  const kind = kinds[ending];
  if (file.bytes === 0) return <p className="dim file-body">It is empty.</p>;
  if (kind === 'image')
    return file.bytes > MOST_IMAGE_BYTES ? (
      <p className="dim file-body">Too large to be shown here.</p>
    ) : (
      <div className="file-body">
        <RunImage runId={runId} path={file.path} alt={file.path} />
      </div>
    );
  if (kind === undefined && !file.path.startsWith('.perdure/'))
    return <p className="dim file-body">There is no preview of this kind of file.</p>;
  return <TextPreview runId={runId} file={file} kind={kind ?? 'json'} />;
}

function TextPreview(props: {
  runId: string;
  file: File;
  kind: 'markdown' | 'csv' | 'json' | 'text';
}): ReactElement {
  const { runId, file, kind } = props;
  const isWhole = file.bytes <= MOST_BYTES;
  const { data, error, refetch } = useQuery({
    queryKey: ['file', runId, file.path, file.etag],
    queryFn: async ({ signal }) => {
      const headers = isWhole ? {} : { range: `bytes=0-${MOST_BYTES - 1}` };
      return (await client.files.get(runId, file.path, { signal, headers })).text();
    },
  });
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading what={file.path} />;
  return (
    <div className="file-body" tabIndex={0} role="group" aria-label={`What is in ${file.path}`}>
      {!isWhole && <p className="dim small">The first {bytes(MOST_BYTES)}; download has all of it.</p>}
      {/* What is nested too deep to be drawn can still be read. */}
      <CatchBoundary
        getResetKey={() => `${file.path} ${file.etag}`}
        errorComponent={() => <pre className="plain">{data}</pre>}
      >
        {kind === 'markdown' && !isTooHeavy(data) ? (
          <Suspense fallback={<Loading what={file.path} />}>
            <Markdown text={data} runId={runId} folder={file.path.split('/').slice(0, -1).join('/')} />
          </Suspense>
        ) : kind === 'csv' ? (
          <CsvTable text={data} />
        ) : kind === 'json' && isWhole ? (
          <Json text={data} path={file.path} />
        ) : (
          <pre className="plain">{data}</pre>
        )}
      </CatchBoundary>
    </div>
  );
}

function Json({ text, path }: { text: string; path: string }): ReactElement {
  try {
    const value: unknown = JSON.parse(text);
    // What is read at any depth is not written at any.
    JSON.stringify(value, null, 2);
    return <JsonView value={value} label={path} />;
  } catch {
    return <pre className="plain">{text}</pre>;
  }
}

function CsvTable({ text }: { text: string }): ReactElement {
  const [head = [], ...rows] = parseCsv(text);
  const columns = Math.max(head.length, ...rows.slice(0, MOST_ROWS).map((row) => row.length));
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            {head.slice(0, MOST_COLUMNS).map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, i) => (
            <tr key={i}>
              {row.slice(0, MOST_COLUMNS).map((cell, j) => (
                <td key={j} className="num">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {columns > MOST_COLUMNS && (
        <p className="dim small">{count(columns - MOST_COLUMNS)} columns more; download has them all.</p>
      )}
      {rows.length > MOST_ROWS && (
        <p className="dim small">{count(rows.length - MOST_ROWS)} rows more; download has them all.</p>
      )}
    </>
  );
}
