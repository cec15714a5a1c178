/** The list of runs. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Inbox, SearchX } from 'lucide-react';
import { useMemo, type ReactElement } from 'react';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { useNow } from '../parts/now.js';
import { useTitle } from '../parts/title.js';
import { Filters } from './filters.js';
import { filterOf, goalWords, rangeNames, type ListSearch } from './list-search.js';
import { Outcomes } from './outcomes.js';
import { RunTable } from './run-table.js';
import { useRunRows } from './use-run-rows.js';
import { useStatistics } from './use-statistics.js';

const MINUTE_MS = 60_000;

export function RunsPage(): ReactElement {
  useTitle('Runs');
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const minute = useNow(MINUTE_MS);
  const filter = useMemo(() => filterOf(search, minute), [search, minute]);
  const listed = useRunRows(filter);
  const statistics = useStatistics(filter);
  const words = goalWords(search.q);
  const shown = useMemo(
    () =>
      words.length === 0
        ? listed.rows
        : listed.rows.filter(({ goal }) => words.every((word) => goal.toLowerCase().includes(word))),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the joined words stand for the list
    [listed.rows, words.join(' ')],
  );
  const change = (next: ListSearch): void => {
    void navigate({ search: next, replace: true });
  };
  const isFiltered = Object.keys(search).length > 0;
  return (
    <div className="page runs">
      <div className="page-head">
        <h1>Runs</h1>
        {statistics !== undefined && (
          <Outcomes statistics={statistics} name={rangeNames[search.range ?? '24h']} />
        )}
      </div>
      <Filters search={search} counts={statistics?.runs} onChange={change} />
      {listed.error !== null && <Failure error={listed.error} again={listed.again} />}
      {listed.isLoading && listed.error === null ? (
        <Loading what="runs" lines={10} />
      ) : shown.length > 0 ? (
        <RunTable listed={listed} rows={shown} />
      ) : listed.error !== null ? null : isFiltered ? (
        <Empty icon={SearchX} title="No run fits">
          <p>
            {words.length > 0 && listed.nextCursor !== null
              ? `Words are looked for among the goals of the newest ${listed.rows.length} runs. For all runs, search by metadata: name=value.`
              : 'There are runs only outside of these filters.'}
          </p>
          <button
            type="button"
            className="button"
            onClick={() => {
              change({});
            }}
          >
            Clear the filters
          </button>
        </Empty>
      ) : (
        <Empty icon={Inbox} title="No runs yet">
          <p>
            Submit one over HTTP, by <code>perdure run</code>, or from here; it appears at once.
          </p>
        </Empty>
      )}
    </div>
  );
}
