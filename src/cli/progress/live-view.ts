/** A run's progress at a terminal: the plan, painted over and over in the same place. */
import type { WriteStream } from 'node:tty';
import pc from 'picocolors';
import { cut, durationOf, printable } from '../printable.js';
import { PictureOfPlan, type StepPicture } from './plan-picture.js';
import type { RunView } from './run-view.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const PAINT_MS = 100;
/** Lines that are left to what stands above, and the line of counts. */
const SPARE_ROWS = 4;
const ESC = '\u001b[';
/** Lines are cut by their characters; where some are wider than one column, the terminal cuts once more. */
const WRAP = { off: `${ESC}?7l`, on: `${ESC}?7h` };
const CURSOR = { hide: `${ESC}?25l`, show: `${ESC}?25h` };

export function createLiveView(terminal: WriteStream): RunView {
  const picture = new PictureOfPlan();
  let painted = 0;
  let frame = 0;
  let note = '';
  /** What the clocks here and there differ by, so that durations of running steps are true. */
  let aheadMs = 0;

  const clear = (): string => (painted === 0 ? '' : `${ESC}${painted}A`) + `${ESC}J`;
  const paint = (): void => {
    const mark = FRAMES[frame % FRAMES.length] ?? '';
    const room = Math.max(terminal.rows - SPARE_ROWS, 3);
    const lines = linesOf(picture, { mark, now: Date.now() - aheadMs, room, columns: terminal.columns });
    if (note !== '') lines.push(`  ${pc.yellow(cut(note, terminal.columns - 3))}`);
    terminal.write(WRAP.off + CURSOR.hide + clear() + lines.map((line) => `${line}\n`).join('') + WRAP.on);
    painted = lines.length;
    frame += 1;
  };
  const restore = (): void => {
    terminal.write(WRAP.on + CURSOR.show);
  };
  // However the process ends: a terminal without a cursor is no good.
  process.once('exit', restore);
  const timer = setInterval(paint, PAINT_MS);

  return {
    show(event) {
      picture.apply(event);
      aheadMs = Date.now() - picture.now;
      note = '';
    },
    note(text) {
      note = printable(text);
    },
    end() {
      clearInterval(timer);
      paint();
      restore();
      process.off('exit', restore);
    },
  };
}

export interface Paint {
  /** Of what runs. */
  mark: string;
  now: number;
  /** Lines there are for steps; of longer plans the ones at work are shown. */
  room: number;
  columns: number;
}

export function linesOf(picture: PictureOfPlan, paint: Paint): string[] {
  const all = [...picture.steps.values()];
  const width = Math.min(Math.max(0, ...all.map(({ id }) => id.length)), 24);
  const lines = windowOf(all, paint.room).map((step) => lineOf(step, paint, width));
  return [...lines, countsOf(all, picture.files)];
}

/** What fits, in the plan's order: the failed and the running first, then what has just ended or comes next. */
function windowOf(all: StepPicture[], room: number): StepPicture[] {
  if (all.length <= room) return all;
  const rank = { failed: 0, retrying: 1, running: 1, completed: 2, waiting: 2 };
  const firstWaiting = all.findIndex(({ status }) => status === 'waiting');
  const middle = firstWaiting < 0 ? all.length : firstWaiting;
  const chosen = all
    .map((step, index) => ({ step, index }))
    .sort(
      (a, b) =>
        rank[a.step.status] - rank[b.step.status] || Math.abs(a.index - middle) - Math.abs(b.index - middle),
    )
    .slice(0, room);
  return chosen.sort((a, b) => a.index - b.index).map(({ step }) => step);
}

function lineOf(step: StepPicture, { mark, now, columns }: Paint, width: number): string {
  const { status, startedAt, durationMs } = step;
  const marks = {
    waiting: pc.dim('·'),
    running: pc.cyan(mark),
    retrying: pc.yellow(mark),
    completed: pc.green('✔'),
    failed: pc.red('✖'),
  };
  const took =
    durationMs ?? (startedAt === null || status === 'waiting' ? null : Math.max(0, now - startedAt));
  const id = cut(printable(step.id), width).padEnd(width);
  const duration = (took === null ? '' : durationOf(took)).padStart(10);
  const title = cut(printable(step.title), 40);
  const message = cut(printable(step.message), columns - (width + title.length + 20));
  const dimIf = (isDim: boolean, text: string): string => (isDim ? pc.dim(text) : text);
  const [isWaiting, hasFailed] = [status === 'waiting', status === 'failed'];
  return [
    `  ${marks[status]} ${dimIf(isWaiting, id)}`,
    pc.dim(duration),
    dimIf(isWaiting, title),
    ...(message === '' ? [] : [hasFailed ? pc.red(message) : pc.dim(message)]),
  ]
    .join('  ')
    .trimEnd();
}

function countsOf(all: StepPicture[], files: number): string {
  const count = (...which: StepPicture['status'][]): number =>
    all.filter(({ status }) => which.includes(status)).length;
  const said = [
    [count('running', 'retrying'), 'running'],
    [count('waiting'), 'waiting'],
    [count('failed'), 'failed'],
    [files, files === 1 ? 'file' : 'files'],
  ] as const;
  const rest = said.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`]));
  return pc.dim(`  ${[`${count('completed')} of ${all.length} done`, ...rest].join(', ')}`);
}
