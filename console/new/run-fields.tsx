/** What every form asks of a run to be: its goal, and who carries it out. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { agentsQuery } from '../data/queries.js';

export function GoalField(props: {
  id: string;
  label: string;
  rows: number;
  placeholder?: string;
  goal: string;
  onChange: (goal: string) => void;
}): ReactElement {
  const { id, label, rows, placeholder, goal, onChange } = props;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="input"
        rows={rows}
        required
        maxLength={20_000}
        placeholder={placeholder}
        value={goal}
        onChange={({ target }) => {
          onChange(target.value);
        }}
      />
    </div>
  );
}

export function AgentField(props: {
  id: string;
  agent: string;
  onChange: (agent: string) => void;
}): ReactElement {
  const { id, agent, onChange } = props;
  const { data } = useQuery(agentsQuery);
  return (
    <div className="field">
      <label htmlFor={id}>Agent</label>
      <select
        id={id}
        className="input"
        value={agent}
        onChange={({ target }) => {
          onChange(target.value);
        }}
      >
        <option value="">default</option>
        {data?.agents
          .filter(({ name }) => name !== 'default')
          .map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
      </select>
    </div>
  );
}
