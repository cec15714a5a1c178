/** What steps can call. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { toolsQuery } from '../data/queries.js';
import { duration } from '../parts/format.js';
import { JsonView } from '../parts/json-view.js';
import { Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';
import { useTyping } from '../parts/typing.js';

const tones = { read: 'good', reversible: 'running', irreversible: 'warning' };

export function ToolsPage(): ReactElement {
  useTitle('Tools');
  const { data, error, refetch } = useQuery(toolsQuery);
  const { q = '' } = useSearch({ from: '/tools' });
  const navigate = useNavigate({ from: '/tools' });
  const [words, setWords] = useTyping(q, (next) => {
    void navigate({ search: next === '' ? {} : { q: next }, replace: true });
  });
  const shown = data?.tools.filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(words.trim().toLowerCase()),
  );
  return (
    <div className="page narrow">
      <h1>Tools</h1>
      <input
        className="input search"
        data-key="/"
        aria-label="Search the tools"
        placeholder="Search"
        value={words}
        onChange={({ target }) => {
          setWords(target.value);
        }}
      />
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="tools" />}
      {shown?.length === 0 && <p className="dim">No tool fits.</p>}
      {shown?.map(
        ({ name, description, source, effect, quick, timeoutSeconds, maxAttempts, inputSchema }) => (
          <section key={name} className="card entry">
            <div className="row">
              <h2 className="mono">{name}</h2>
              <span className="status chip" data-tone={tones[effect]}>
                {effect}
              </span>
              {quick && <span className="tag">quick</span>}
              <span className="tag">{source}</span>
              <span className="dim small num end">
                up to {duration(timeoutSeconds * 1_000)}, {maxAttempts}{' '}
                {maxAttempts === 1 ? 'attempt' : 'attempts'}
              </span>
            </div>
            <p className="text">{description}</p>
            <details>
              <summary>Arguments</summary>
              <JsonView value={inputSchema} label={`the schema of ${name}'s arguments`} />
            </details>
          </section>
        ),
      )}
    </div>
  );
}
