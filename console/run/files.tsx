/** The files of a run: which there are, what is in them, and the way to have them. */
import { useQuery } from '@tanstack/react-query';
import { FileText, FolderOpen } from 'lucide-react';
import type { ReactElement } from 'react';
import { client } from '../data/session.js';
import { bytes, fullTime } from '../parts/format.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { DownloadButton } from './download-button.js';
import { FilePreview } from './file-preview.js';

export function Files(props: {
  runId: string;
  changes: number;
  chosen: string | undefined;
  onChoose: (path: string) => void;
}): ReactElement {
  const { runId, changes, chosen, onChoose } = props;
  const { data, error, refetch } = useQuery({
    queryKey: ['files', runId, changes],
    queryFn: ({ signal }) => client.files.list(runId, { signal }),
    placeholderData: (before) => before,
  });
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading what="the files" />;
  const [first] = data.files;
  if (first === undefined)
    return (
      <Empty icon={FolderOpen} title="No files">
        <p>What its tools write into the workspace appears here.</p>
      </Empty>
    );
  const file = data.files.find(({ path }) => path === chosen) ?? first;
  return (
    <div className="files">
      <ul className="file-list card" aria-label="Files">
        {data.files.map(({ path, bytes: size }) => (
          <li key={path}>
            <button
              type="button"
              aria-pressed={path === file.path}
              onClick={() => {
                onChoose(path);
              }}
            >
              <FileText size={15} aria-hidden="true" />
              <span className="ellipsis">{path}</span>
              <span className="dim small num">{bytes(size)}</span>
            </button>
          </li>
        ))}
      </ul>
      <section className="file card" aria-label={file.path}>
        <header>
          <div>
            <h2 className="ellipsis">{file.path}</h2>
            <p className="dim small num">
              {bytes(file.bytes)} · {fullTime(file.modifiedAt)}
            </p>
          </div>
          <DownloadButton runId={runId} path={file.path} />
        </header>
        <FilePreview key={file.etag} runId={runId} file={file} />
      </section>
    </div>
  );
}
