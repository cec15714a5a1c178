/** The way to have a file of a run, those too that perdure keeps for itself: large outputs and arguments. */
import { Download } from 'lucide-react';
import type { ReactElement } from 'react';
import { client, hasCredentials } from '../data/session.js';
import { complain } from '../parts/toasts.js';

export function DownloadButton({ runId, path }: { runId: string; path: string }): ReactElement {
  return (
    <button type="button" className="button" onClick={() => void download(runId, path).catch(complain)}>
      <Download aria-hidden="true" /> Download
    </button>
  );
}

/** Without a sign-in the browser fetches it itself, of any size; else it comes through here, with the sign-in. */
async function download(runId: string, path: string): Promise<void> {
  const isOpen = !hasCredentials();
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const address = isOpen
    ? `/v1/runs/${runId}/files/${encoded}`
    : URL.createObjectURL(await (await client.files.get(runId, path)).blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = path.split('/').at(-1) ?? path;
  link.click();
  if (!isOpen)
    setTimeout(() => {
      URL.revokeObjectURL(address);
    }, 60_000);
}
