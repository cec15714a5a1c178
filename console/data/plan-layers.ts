/** Where the steps of a plan stand in its picture: each to the right of all it waits for, near to them. */

export interface PlacedStep {
  id: string;
  /** Columns and rows, from 0. */
  column: number;
  row: number;
}

export interface Layers {
  placed: readonly PlacedStep[];
  edges: readonly { from: PlacedStep; to: PlacedStep }[];
  columns: number;
  rows: number;
}

/** Rounds in which rows come nearer to what they hang together with. */
const ROUNDS = 4;

/** @param steps in the order of the plan; of what they wait for, what is not among them is left out */
export function layersOf(steps: readonly { id: string; dependsOn: readonly string[] }[]): Layers {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const before = new Map(
    steps.map(({ id, dependsOn }) => [id, dependsOn.filter((other) => byId.has(other) && other !== id)]),
  );
  const columnOf = columnsOf(steps, before);
  const columns: string[][] = [];
  for (const { id } of steps) (columns[columnOf.get(id) ?? 0] ??= []).push(id);
  const after = new Map<string, string[]>(steps.map(({ id }) => [id, []]));
  for (const [id, others] of before) for (const other of others) after.get(other)?.push(id);

  const rowOf = new Map<string, number>();
  const number = (): void => {
    for (const column of columns)
      for (const [row, id] of column.entries()) rowOf.set(id, row - (column.length - 1) / 2);
  };
  number();
  for (let round = 0; round < ROUNDS; round += 1) {
    const neighbours = round % 2 === 0 ? before : after;
    for (const column of round % 2 === 0 ? columns : columns.toReversed()) {
      const wish = new Map(
        column.map((id) => [id, mean(neighbours.get(id) ?? [], rowOf, rowOf.get(id) ?? 0)]),
      );
      column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      for (const [row, id] of column.entries()) rowOf.set(id, row - (column.length - 1) / 2);
    }
  }
  number();
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const placed = new Map(
    columns.flatMap((ids, column) =>
      ids.map((id): [string, PlacedStep] => [id, { id, column, row: (rowOf.get(id) ?? 0) + (rows - 1) / 2 }]),
    ),
  );
  const edges = [...before].flatMap(([id, others]) =>
    others.flatMap((other) => {
      const [from, to] = [placed.get(other), placed.get(id)];
      return from === undefined || to === undefined ? [] : [{ from, to }];
    }),
  );
  return { placed: [...placed.values()], edges, columns: columns.length, rows };
}

/** The longest way to each step. Of a circle, which no plan has, whoever is met again counts as done. */
function columnsOf(
  steps: readonly { id: string }[],
  before: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const columns = new Map<string, number>();
  for (const { id } of steps) {
    const open = [id];
    const entered = new Set<string>();
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const missing = columns.has(at)
        ? []
        : (before.get(at) ?? []).filter((other) => !columns.has(other) && !entered.has(other));
      if (missing.length > 0) {
        entered.add(at);
        open.push(...missing);
        continue;
      }
      if (!columns.has(at))
        columns.set(
          at,
          Math.max(0, ...(before.get(at) ?? []).map((other) => (columns.get(other) ?? -1) + 1)),
        );
      open.pop();
    }
  }
  return columns;
}

const mean = (ids: readonly string[], rows: ReadonlyMap<string, number>, otherwise: number): number =>
  ids.length === 0 ? otherwise : ids.reduce((sum, id) => sum + (rows.get(id) ?? 0), 0) / ids.length;

/** Where a key leads from a step: along an edge to what it waits for or to what waits for it, or to its neighbour. */
export function stepBeside({ placed, edges }: Layers, id: string, key: string): string | undefined {
  const at = placed.find((one) => one.id === id);
  if (at === undefined) return undefined;
  const nearest = (some: readonly PlacedStep[]): string | undefined =>
    some.toSorted((a, b) => distance(a, at) - distance(b, at))[0]?.id;
  switch (key) {
    case 'ArrowRight':
      return nearest(edges.flatMap(({ from, to }) => (from === at ? [to] : [])));
    case 'ArrowLeft':
      return nearest(edges.flatMap(({ from, to }) => (to === at ? [from] : [])));
    case 'ArrowDown':
      return nearest(placed.filter(({ column, row }) => column === at.column && row > at.row));
    case 'ArrowUp':
      return nearest(placed.filter(({ column, row }) => column === at.column && row < at.row));
    default:
      return undefined;
  }
}

const distance = (a: PlacedStep, b: PlacedStep): number =>
  Math.abs(a.column - b.column) + Math.abs(a.row - b.row);
