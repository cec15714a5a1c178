/** Files for a run, dropped or chosen. */
import { Upload, X } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import { bytes } from '../parts/format.js';
import { complain } from '../parts/toasts.js';
import type { DraftFile } from './draft.js';

/** They travel in the submission, which has at most 8 MB; base64 takes a third more. */
const MOST_BYTES = 5_500_000;

export function FileDrop(props: {
  files: readonly DraftFile[];
  onChange: (files: readonly DraftFile[]) => void;
}): ReactElement {
  const { files, onChange } = props;
  const [over, setOver] = useState(false);
  const add = async (given: readonly File[]): Promise<void> => {
    const read = await Promise.all(given.map(readFile));
    const names = new Set(read.map(({ path }) => path));
    const all = [...files.filter(({ path }) => !names.has(path)), ...read];
    if (all.reduce((sum, file) => sum + file.bytes, 0) > MOST_BYTES)
      complain(
        `Files of a submission may have ${bytes(MOST_BYTES)} in all; larger ones are sent to the run afterwards.`,
      );
    else onChange(all);
  };
  return (
    <div className="field">
      <span className="label">Files</span>
      <div
        className="drop"
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void add([...event.dataTransfer.files]).catch(complain);
        }}
      >
        <Upload size={18} aria-hidden="true" />
        <span>Drop files here, or </span>
        <label className="button">
          choose them
          <input
            type="file"
            multiple
            className="hidden"
            onChange={({ target }) => {
              void add([...(target.files ?? [])]).catch(complain);
              target.value = '';
            }}
          />
        </label>
      </div>
      {files.length > 0 && (
        <ul className="dropped">
          {files.map(({ path, bytes: size }) => (
            <li key={path} className="tag">
              <span className="ellipsis">{path}</span> <span className="num">{bytes(size)}</span>
              <button
                type="button"
                className="button quiet icon"
                aria-label={`Remove ${path}`}
                onClick={() => {
                  onChange(files.filter((file) => file.path !== path));
                }}
              >
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

async function readFile(file: File): Promise<DraftFile> {
  const address = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(typeof reader.result === 'string' ? reader.result : '');
    };
    reader.onerror = () => {
      reject(reader.error ?? new Error(`${file.name} cannot be read`));
    };
    reader.readAsDataURL(file);
  });
  return { path: file.name, bytes: file.size, contentBase64: address.slice(address.indexOf(',') + 1) };
}
