/** What narrows the list down; all of it is in the address. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { runStatuses, type RunStatus } from '../../contracts/statuses.js';
import type { Statistics } from 'perdure/client';
import { agentsQuery } from '../data/queries.js';
import { short } from '../parts/format.js';
import { statusWord, StatusIcon } from '../parts/status.js';
import { useTyping } from '../parts/typing.js';
import { rangeNames, ranges, readListSearch, type ListSearch } from './list-search.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function Filters(props: {
  search: ListSearch;
  /** Of all that fits the other filters; undefined while it is not known. */
  counts: Statistics['runs'] | undefined;
  onChange: (next: ListSearch) => void;
}): ReactElement {
  const { search, counts, onChange } = props;
  const { data } = useQuery(agentsQuery);
  const toggle = (status: RunStatus): void => {
    const before = search.status ?? [];
    const after = before.includes(status) ? before.filter((one) => one !== status) : [...before, status];
    onChange(readListSearch({ ...search, status: after }));
  };
  return (
    <search className="filters" aria-label="Runs">
      <SearchBox
        text={search.q ?? ''}
        onText={(q) => {
          onChange(readListSearch({ ...search, q }));
        }}
      />
      <div className="filter-chips" role="group" aria-label="Status">
        {runStatuses.map((status) => (
          <button
            key={status}
            type="button"
            className="filter-chip"
            data-tone={status}
            aria-pressed={search.status?.includes(status) ?? false}
            onClick={() => {
              toggle(status);
            }}
          >
            <StatusIcon state={status} size={14} />
            {statusWord(status)}
            {counts !== undefined && counts[status] > 0 && (
              <span className="num">{short(counts[status])}</span>
            )}
          </button>
        ))}
      </div>
      <select
        className="input select"
        aria-label="Agent"
        value={search.agent ?? ''}
        onChange={(event) => {
          onChange(readListSearch({ ...search, agent: event.target.value }));
        }}
      >
        <option value="">Any agent</option>
        {search.agent !== undefined && data?.agents.every(({ name }) => name !== search.agent) !== false && (
          <option value={search.agent}>{search.agent}</option>
        )}
        {data?.agents.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <select
        className="input select"
        aria-label="Time"
        value={search.range ?? ''}
        onChange={(event) => {
          onChange(readListSearch({ ...search, range: event.target.value }));
        }}
      >
        <option value="">Any time</option>
        {(Object.keys(ranges) as (keyof typeof ranges)[]).map((range) => (
          <option key={range} value={range}>
            {rangeNames[range]}
          </option>
        ))}
      </select>
    </search>
  );
}

/** Also takes the id of a run, and goes there. */
function SearchBox({ text, onText }: { text: string; onText: (text: string) => void }): ReactElement {
  const navigate = useNavigate();
  const [typed, setTyped] = useTyping(text, (next) => {
    const id = next.toLowerCase();
    if (uuid.test(id)) void navigate({ to: '/runs/$runId', params: { runId: id } });
    else onText(next);
  });
  return (
    <div className="search-box">
      <Search aria-hidden="true" />
      <input
        className="input"
        type="text"
        inputMode="search"
        aria-label="Search: words of the goal, metadata as name=value, or the id of a run"
        placeholder="Goal, name=value, or run id"
        data-key="/"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          if (typed === '') event.currentTarget.blur();
          setTyped('');
        }}
      />
      {typed === '' ? (
        <kbd aria-hidden="true">/</kbd>
      ) : (
        <button
          type="button"
          className="button quiet icon"
          aria-label="Clear the search"
          onClick={() => {
            setTyped('');
          }}
        >
          <X aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
