/** The alerts and the dashboard that we deploy, and what they ask for. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

const deploy = path.resolve(import.meta.dirname, '../../deploy');

export interface Alert {
  alert: string;
  expr: string;
  annotations: Record<string, string>;
}

export async function alerts(): Promise<Alert[]> {
  const text = await readFile(path.join(deploy, 'helm/perdure/alerts.yaml'), 'utf8');
  return (parse(text) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
}

export async function queries(): Promise<string[]> {
  const text = await readFile(path.join(deploy, 'monitoring/dashboards/perdure.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: { targets?: { expr: string }[] }[] };
  const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  // Grafana fills it in.
  return [
    ...(await alerts()).map(({ expr }) => expr),
    ...shown.map((expr) => expr.replaceAll('$__rate_interval', '5m')),
  ];
}

/** @throws Error where Prometheus could not read it */
export function namesIn(query: string): string[] {
  const names: string[] = [];
  parser.parse(query).iterate({
    enter({ type, from, to, node }) {
      if (type.isError) throw new Error(`it cannot be read at ${from}: ${query}`);
      if (type.name === 'Identifier' && node.parent?.type.name === 'VectorSelector')
        names.push(query.slice(from, to));
    },
  });
  return names;
}
