/** Markdown of a run: no HTML of its own, no scripts, no pictures but those of the same run. */
import type { ReactElement } from 'react';
import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { RunImage } from '../run/run-image.js';
import { picturePath } from './picture-path.js';

export default function Markdown(props: { text: string; runId: string; folder: string }): ReactElement {
  const { text, runId, folder } = props;
  return (
    <div className="markdown">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noopener noreferrer nofollow">
              {children}
            </a>
          ),
          img: ({ src, alt = '' }) => {
            const path = typeof src === 'string' ? picturePath(src, folder) : null;
            return path === null ? (
              <span className="dim">[a picture from elsewhere: {alt}]</span>
            ) : (
              <RunImage runId={runId} path={path} alt={alt} />
            );
          },
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
