// What changed between two versions, line by line of their JSON.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'gap';
  text: string;
}

const CONTEXT = 3;
/** Beyond this the middle is shown as replaced: searching on would freeze the page. */
const MOST_CHANGES = 3_000;

export function diffJson(before: unknown, after: unknown): DiffLine[] {
  return withGaps(diffLines(linesOf(before), linesOf(after)));
}

function linesOf(value: unknown): string[] {
  return JSON.stringify(sorted(value), undefined, 2).split('\n');
}

/** The order of keys is no change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .sort(([left], [right]) => left.localeCompare(right))
        .map(([key, entry]) => [key, sorted(entry)]),
    );
  }
  return value;
}

export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1;
  }
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function middle(before: string[], after: string[]): DiffLine[] {
  const path = shortestPath(before, after);
  if (!path) {
    return [...before.map(removed), ...after.map(added)];
  }
  const lines: DiffLine[] = [];
  let x = 0;
  let y = 0;
  for (const [toX, toY] of path) {
    while (x < toX && y < toY && before[x] === after[y]) {
      lines.push({ kind: 'same', text: before[x] ?? '' });
      x += 1;
      y += 1;
    }
    while (x < toX) {
      lines.push(removed(before[x++] ?? ''));
    }
    while (y < toY) {
      lines.push(added(after[y++] ?? ''));
    }
  }
  return lines;
}

const removed = (text: string): DiffLine => ({ kind: 'removed', text });
const added = (text: string): DiffLine => ({ kind: 'added', text });

/**
 * Myers' greedy search: the corners of the shortest way from one text to the other, where each step to the right
 * removes a line, each step down adds one, and lines that are the same cost nothing. Undefined when it is too long.
 */
function shortestPath(before: string[], after: string[]): [number, number][] | undefined {
  const longest = Math.min(before.length + after.length, MOST_CHANGES);
  const offset = longest + 1;
  const reached = new Int32Array(2 * longest + 3);
  const history: Int32Array[] = [];
  for (let changes = 0; changes <= longest; changes += 1) {
    history.push(reached.slice(offset - changes - 1, offset + changes + 2));
    for (let k = -changes; k <= changes; k += 2) {
      const left = reached[offset + k - 1] ?? 0;
      const above = reached[offset + k + 1] ?? 0;
      let x = k === -changes || (k !== changes && left < above) ? above : left + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) {
        x += 1;
      }
      reached[offset + k] = x;
      if (x >= before.length && x - k >= after.length) {
        return corners(history, before.length, after.length);
      }
    }
  }
  return undefined;
}

function corners(history: readonly Int32Array[], width: number, height: number): [number, number][] {
  const path: [number, number][] = [[width, height]];
  let x = width;
  let y = height;
  for (let changes = history.length - 1; changes > 0; changes -= 1) {
    const reached = history[changes];
    const at = (diagonal: number) => reached?.[diagonal + changes + 1] ?? 0;
    const k = x - y;
    const down = k === -changes || (k !== changes && at(k - 1) < at(k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = at(fromK);
    const fromY = fromX - fromK;
    // After the step and before the lines that are the same, then where the step began.
    path.push(down ? [fromX, fromY + 1] : [fromX + 1, fromY], [fromX, fromY]);
    x = fromX;
    y = fromY;
  }
  return path.reverse();
}

/** Long stretches without a change become one line. */
function withGaps(lines: DiffLine[]): DiffLine[] {
  const near = (index: number) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => line.kind !== 'same');
  const result: DiffLine[] = [];
  lines.forEach((line, index) => {
    if (line.kind !== 'same' || near(index)) {
      result.push(line);
    } else if (result.at(-1)?.kind !== 'gap') {
      result.push({ kind: 'gap', text: '…' });
    }
  });
  return result;
}
