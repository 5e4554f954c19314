// The last lines of one run, read from the end of a log with several runs.
import { expect, it } from 'vitest';
import { lastLines } from '../../src/logs/read-run.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { LogLine, Logs } from '../../src/ports/logs.ts';
import { at } from '../pod/samples.ts';

const marker = (run: number): string => `\x1enonce ${run}\n`;

/** A log that can be read from its end. */
const logOf = (lines: LogLine[]): Logs => ({
  lateMs: 0,
  async *read({ tail }) {
    yield* tail === undefined ? lines : lines.slice(-tail);
  },
  keep: () => Promise.resolve(),
});

async function lastOf(run: number, count: number, lines: LogLine[]): Promise<string[]> {
  const began = [
    { run: 1, at: at(-100) },
    { run: 2, at: at(-50) },
  ];
  const source = { tasks: ['task' as TaskArn], container: 'app', nonce: 'nonce', began, run };
  const found = await lastLines({ ...source, logs: logOf(lines) }, count);
  return found.lines.map(({ bytes }) => Buffer.from(bytes).toString());
}

const line = (second: number, text: string, stream: LogLine['stream'] = 'stdout'): LogLine => ({
  time: at(second),
  stream,
  bytes: Buffer.from(text),
});
const long = Array.from({ length: 300 }, (_, index) => line(-99, `${index}\n`));
const firstEnds = [line(-60, marker(2)), line(-60, marker(2), 'stderr')];
const secondEnds = [line(-10, marker(3), 'stderr'), line(-10, marker(3))];

it.each([
  ['one line', [line(-40, 'only\n')]],
  ['a line without an end', [line(-40, 'only')]],
  ['a line of each stream', [line(-40, 'out\n'), line(-39, 'err\n', 'stderr')]],
])('a short run behind a long one keeps %s', async (_what, second) => {
  const all = [...long, ...firstEnds, ...second, ...secondEnds];
  expect(await lastOf(2, 80, all)).toEqual(second.map(({ bytes }) => bytes.toString()));
});

it('a log that has both streams in one keeps the lines that come between the markers of its end', async () => {
  const merged = (lines: LogLine[]): LogLine[] => lines.map((one) => ({ ...one, merged: true }));
  const first = [line(-60, marker(2)), line(-60, 'late\n'), line(-60, marker(2))];
  const second = [line(-49, 'next\n'), line(-10, marker(3)), line(-10, marker(3))];
  expect(await lastOf(1, 80, merged([...first, ...second]))).toEqual(['late\n']);
  expect(await lastOf(2, 80, merged([...first, ...second]))).toEqual(['next\n']);
});

it('a run whose beginning is not at hand gives as many whole lines as asked for', async () => {
  const all = [line(-99, 'first\n'), ...long, ...firstEnds];
  expect(await lastOf(1, 2, all)).toEqual(['298\n', '299\n']);
  expect(await lastOf(1, 301, all)).toHaveLength(301);
});
