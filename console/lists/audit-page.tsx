/** Who did what, from where, and what came of it: for admins. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import type { ReactElement } from 'react';
import { client } from '../data/session.js';
import { fullTime } from '../parts/format.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';
import { useTyping } from '../parts/typing.js';
import { auditFields, readAuditSearch } from './page-search.js';

const PAGE = 100;
const EVERY_MS = 10_000;

export function AuditPage(): ReactElement {
  useTitle('Audit log');
  const filter = useSearch({ from: '/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['audit', JSON.stringify(filter)],
    queryFn: ({ signal, pageParam }) =>
      client.audit(
        { ...filter, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: EVERY_MS,
  });
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <div className="page">
      <h1>Audit log</h1>
      <search className="row" aria-label="Audit log">
        {auditFields.map((name) => (
          <FilterField
            key={name}
            name={name}
            text={filter[name] ?? ''}
            onText={(text) => {
              void navigate({
                search: (before) => readAuditSearch({ ...before, [name]: text }),
                replace: true,
              });
            }}
          />
        ))}
      </search>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="the audit log" lines={10} />}
      {data !== undefined && entries.length === 0 && (
        <Empty icon={ScrollText} title="No entries">
          <p>Whatever changes something, and whatever is refused, is written down here.</p>
        </Empty>
      )}
      {entries.length > 0 && (
        <div className="card scroll-x" tabIndex={0} role="group" aria-label="Entries">
          <table className="table one-line">
            <thead>
              <tr>
                {['When', 'Who', 'From', 'What', 'To what', 'Outcome'].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {entries.map(({ id, at, subject, address, action, target, outcome }) => (
                <tr key={id}>
                  <td className="num when">{fullTime(at)}</td>
                  <td className="mono">{subject}</td>
                  <td className="mono dim">{address ?? '–'}</td>
                  <td className="mono">{action}</td>
                  <td className="mono">
                    <Target target={target} />
                  </td>
                  <td>
                    <span
                      className="status"
                      data-tone={['ok', 'replayed'].includes(outcome) ? 'completed' : 'failed'}
                    >
                      {outcome}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {hasNextPage && (
        <button
          type="button"
          className="button"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Older entries
        </button>
      )}
    </div>
  );
}

const hints: Record<(typeof auditFields)[number], string> = {
  subject: 'Who: user:… or key:…',
  action: 'What, such as cancelRun',
  outcome: 'Outcome, such as ok',
};

function FilterField(props: {
  name: (typeof auditFields)[number];
  text: string;
  onText: (text: string) => void;
}): ReactElement {
  const { name, text, onText } = props;
  const [typed, setTyped] = useTyping(text, onText);
  return (
    <input
      className="input search"
      aria-label={`Only this ${name}`}
      placeholder={hints[name]}
      data-key={name === 'subject' ? '/' : undefined}
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
      }}
    />
  );
}

function Target({ target }: { target: string | null }): ReactElement {
  const runId = /^runs\/([0-9a-f-]{36})/.exec(target ?? '')?.[1];
  return runId === undefined ? (
    <>{target ?? '–'}</>
  ) : (
    <Link to="/runs/$runId" params={{ runId }}>
      {target}
    </Link>
  );
}
