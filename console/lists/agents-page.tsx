/** Who can carry out runs. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { agentsQuery } from '../data/queries.js';
import { JsonView } from '../parts/json-view.js';
import { Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';

export function AgentsPage(): ReactElement {
  useTitle('Agents');
  const { data, error, refetch } = useQuery(agentsQuery);
  return (
    <div className="page narrow">
      <h1>Agents</h1>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="agents" />}
      {data?.agents.map((agent) => (
        <section key={agent.name} className="card entry">
          <h2>{agent.name}</h2>
          {agent.description !== '' && <p>{agent.description}</p>}
          <dl className="facts">
            {(['planner', 'supervisor', 'tool'] as const).map((role) => (
              <div key={role} style={{ display: 'contents' }}>
                <dt>Model as {role}</dt>
                <dd>
                  {agent.models[role].length === 0 ? (
                    <span className="dim">{role === 'supervisor' ? 'none: by rules' : 'none'}</span>
                  ) : (
                    <code>{agent.models[role].join(', then ')}</code>
                  )}
                </dd>
              </div>
            ))}
            <dt>Asks a person</dt>
            <dd>{agent.approvals}</dd>
            <dt>Tools</dt>
            <dd className="row">
              {agent.tools.map((tool) => (
                <span key={tool} className="tag mono">
                  {tool}
                </span>
              ))}
            </dd>
            {agent.hosts.length > 0 && (
              <>
                <dt>May read from</dt>
                <dd>{agent.hosts.join(', ')}</dd>
              </>
            )}
          </dl>
          {agent.output !== null && (
            <details>
              <summary>What its results look like</summary>
              <JsonView value={agent.output} label={`the schema of ${agent.name}'s results`} />
            </details>
          )}
        </section>
      ))}
    </div>
  );
}
