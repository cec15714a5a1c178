/** ApiMeter on prom-client. */
import { runStatuses } from '../../../contracts/statuses.js';
import { isTerminal } from '../../../contracts/terminal.js';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { QueueFacts, QueueSide } from '../../ports/run-inspector.js';
import type { ApiMeter, SystemFacts } from '../../ports/meters.js';

/** Other methods are all counted as one: whoever calls makes them up. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'];

export function createApiMeter(registry: Registry): ApiMeter {
  const registers = [registry];
  const requests = new Counter({
    name: 'perdure_http_requests_total',
    help: 'Requests that were answered, streams included, by the address of the call in the contract.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'perdure_http_request_duration_seconds',
    help: 'How long answers took until their last byte; streams are left out.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const submitted = new Counter({
    name: 'perdure_runs_submitted_total',
    help: 'Runs that were started here; repeats of a submission are left out.',
    registers,
  });
  const streams = new Gauge({
    name: 'perdure_streams_open',
    help: 'Event streams that are open in this process.',
    registers,
  });
  const opened = new Counter({
    name: 'perdure_streams_opened_total',
    help: 'Event streams that were opened.',
    registers,
  });
  const delivery = new Histogram({
    name: 'perdure_event_delivery_seconds',
    help: 'From when an event happened, by the clock of its worker, until the streams of this process were given it.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const dependencies = new Gauge({
    name: 'perdure_dependency_up',
    help: 'Whether a part that readiness looks at worked when it was last used: 1 or 0.',
    labelNames: ['dependency'],
    registers,
  });
  const observe = createSystemGauges(registry);
  return {
    answered({ method, route, status, seconds }) {
      const labels = { method: METHODS.includes(method) ? method : 'other', route, status: String(status) };
      requests.inc(labels);
      if (seconds !== null) durations.observe(labels, seconds);
    },
    submitted: () => {
      submitted.inc();
    },
    streamOpened: () => {
      opened.inc();
      streams.inc();
    },
    streamClosed: () => {
      streams.dec();
    },
    delivered: (seconds) => {
      // Clocks that differ must not make a delay below nothing.
      delivery.observe(Math.max(0, seconds));
    },
    checked: (dependency, works) => {
      dependencies.set({ dependency }, works ? 1 : 0);
    },
    observed: observe,
  };
}

/** Of which there may be none at the moment, and that is known. */
const OPEN_STATUSES = runStatuses.filter((status) => !isTerminal(status));

/** What could not be found out shows no figure: an old one would be taken for the present. */
function createSystemGauges(registry: Registry): (system: SystemFacts) => void {
  const registers = [registry];
  const open = new Gauge({
    name: 'perdure_runs_open',
    help: 'Runs of all tenants that are not at their end, by status. Every API process tells the same: take the maximum.',
    labelNames: ['status'],
    registers,
  });
  const stuck = new Gauge({
    name: 'perdure_runs_stuck',
    help: 'Of the 20 open runs in which nothing has happened for longest, those that go on only when somebody does something, by cause (see diagnosis).',
    labelNames: ['cause'],
    registers,
  });
  const elsewhere = new Gauge({
    name: 'perdure_runs_elsewhere',
    help: 'Open runs whose tasks go to another task queue than this installation polls: none of its workers moves them.',
    registers,
  });
  const labelNames = ['task_queue', 'type'] as const;
  const pollers = new Gauge({
    name: 'perdure_task_queue_pollers',
    help: 'Workers that Temporal has seen ask for tasks within the last 70 seconds and that new runs go to, which of several builds is the current one.',
    labelNames,
    registers,
  });
  const backlog = new Gauge({
    name: 'perdure_task_queue_backlog',
    help: 'Tasks that wait for a worker.',
    labelNames,
    registers,
  });
  const age = new Gauge({
    name: 'perdure_task_queue_backlog_age_seconds',
    help: 'How long the oldest of them has waited.',
    labelNames,
    registers,
  });
  return ({ openRuns, stuckRuns, queue, toolQueue, runsElsewhere }) => {
    for (const gauge of [open, stuck, elsewhere, pollers, backlog, age]) gauge.reset();
    // A gauge without labels that is reset shows 0.
    if (runsElsewhere === null) elsewhere.remove();
    else elsewhere.set(runsElsewhere);
    if (openRuns !== null) for (const status of OPEN_STATUSES) open.set({ status }, 0);
    for (const { status, runs } of openRuns ?? []) open.set({ status }, runs);
    for (const [cause, runs] of Object.entries(stuckRuns ?? {})) stuck.set({ cause }, runs);
    const show = (facts: QueueFacts, type: 'workflows' | 'activities'): void => {
      const labels = { task_queue: facts.name, type };
      pollers.set(labels, freshPollers(facts[type], facts.currentBuild));
      backlog.set(labels, facts[type].backlog);
      age.set(labels, facts[type].backlogAgeMs / 1_000);
    };
    if (queue !== null) for (const type of ['workflows', 'activities'] as const) show(queue, type);
    // Of workflows nobody asks there.
    if (toolQueue !== null) show(toolQueue, 'activities');
  };
}

/** A poller asks anew at least once a minute. */
const FRESH_MS = 70_000;

const freshPollers = ({ pollers }: QueueSide, current: string | null): number =>
  pollers.filter(
    ({ lastPollAt, build }) => build === current && Date.now() - Date.parse(lastPollAt) < FRESH_MS,
  ).length;
