// The page about Kubernetes' own specs: what is in scope, what passed, and why the rest did not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { conformancePage, outcomesOf, specsInScope } from './upstream-page.ts';

const LIST = [
  '# scope\tkind',
  'yes\tConformance\tp\t[sig-node] A one',
  'local\tConformance\tp\t[sig-node] A two',
  'yes\t-\tp\t[sig-storage] B',
  'local\t-\tp\t[sig-node] C',
  'no\tConformance\tp\t[sig-apps] D',
  'next\tConformance\tp\t[sig-apps] E',
  'next\t-\tp\t[sig-apps] F',
].join('\n');
const spec = (name: string, State: string, Message = '') => ({
  LeafNodeType: 'It',
  LeafNodeText: name,
  ContainerHierarchyTexts: ['[sig-node] A'],
  State,
  Failure: { Message },
});

it('R2: counts the specs in scope by group; the later report of a spec wins', () => {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-page-'));
  const file = (name: string, reports: object[]): string => {
    writeFileSync(join(directory, name), JSON.stringify([{ SpecReports: reports }]));
    return join(directory, name);
  };
  const outcomes = outcomesOf([
    file('1', [spec('one', 'failed', '\nbroken')]),
    file('2', [spec('one', 'passed'), spec('two', 'failed', '\n  too | slow\nmore')]),
  ]);
  rmSync(directory, { recursive: true });
  const specs = specsInScope(LIST);
  expect(specs.map(({ name }) => name)).toEqual([
    '[sig-node] A one',
    '[sig-node] A two',
    '[sig-storage] B',
    '[sig-apps] E',
  ]);
  const lines = conformancePage(
    specs,
    outcomes,
    { '] B': 'not built' },
    { at: '2026-01-01', merged: 2, again: 1 },
  ).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '| sig-node | 1 of 2 |  |',
      '| sig-storage |  | 0 of 1 |',
      '| **all** | 1 of 3 | 0 of 1 |',
      '1 of them passed only in a second run: specs that fail without a known reason are run once more.',
      '| [sig-node] A two | unexplained: too \\| slow |',
      '| [sig-storage] B | not built |',
    ]),
  );
});

const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
const misses = page
  .slice(page.indexOf('## Misses'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| spec |'))
  .map((line) => line.split(/ (?<!\\)\| /));

it('R2: the published score is the list less its misses, group by group', () => {
  const rows = page.split('\n').flatMap((line) => {
    const [, group = '', conformance = '', other = ''] = line
      .split('|')
      .map((cell) => cell.trim().replaceAll('*', ''));
    return /\d+ of \d+/.test(`${conformance}${other}`)
      ? [{ group, counts: [conformance, other].map((cell) => cell.split(' of ').map(Number)) }]
      : [];
  });
  const missed = (group: string): number =>
    group === 'all'
      ? misses.length
      : misses.filter(([name]) => name?.startsWith(`| [${group}]`)).length;
  expect(rows.at(-1)?.group).toBe('all');
  for (const { group, counts } of rows) {
    const [passed = 0, listed = 0] = counts.reduce(
      ([sum = 0, of = 0], [some = 0, all = 0]) => [sum + some, of + all],
      [0, 0],
    );
    expect(`${group}: ${listed - passed}`).toBe(`${group}: ${missed(group)}`);
  }
});

it('R2: every published miss is named with a reason of its own', () => {
  const reasons: Record<string, string> = JSON.parse(
    readFileSync(new URL('upstream-misses.json', import.meta.url), 'utf8'),
  );
  expect(misses.length).toBeGreaterThan(0);
  expect(
    misses
      .filter(([, why = '']) => /^(unexplained|did not run|\|?$)/.test(why))
      .map(([name]) => name),
  ).toEqual([]);
  expect(Object.values(reasons).filter((why) => why.length < 20)).toEqual([]);
});
