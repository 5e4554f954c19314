// The page about Kubernetes' own specs: what is in scope, what passed, and why the rest did not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { conformancePage, outcomesOf, specsInScope } from './upstream-page.ts';

const LIST = ['# scope\tkind', 'yes\tConformance\tp\t[sig-node] A one', 'local\tConformance\tp\t[sig-node] A two', 'yes\t-\tp\t[sig-storage] B', 'local\t-\tp\t[sig-node] C', 'no\tConformance\tp\t[sig-apps] D'].join('\n');
const spec = (name: string, State: string, Message = '') => ({ LeafNodeType: 'It', LeafNodeText: name, ContainerHierarchyTexts: ['[sig-node] A'], State, Failure: { Message } });

it('R2: counts the specs in scope by group; the later report of a spec wins', () => {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-page-'));
  const file = (name: string, reports: object[]): string => {
    writeFileSync(join(directory, name), JSON.stringify([{ SpecReports: reports }]));
    return join(directory, name);
  };
  const outcomes = outcomesOf([file('1', [spec('one', 'failed', '\nbroken')]), file('2', [spec('one', 'passed'), spec('two', 'failed', '\n  too | slow\nmore')])]);
  rmSync(directory, { recursive: true });
  const specs = specsInScope(LIST);
  expect(specs.map(({ name }) => name)).toEqual(['[sig-node] A one', '[sig-node] A two', '[sig-storage] B']);
  const lines = conformancePage(specs, outcomes, { '] B': 'not built' }, { at: '2026-01-01', merged: 2, again: 1 }).split('\n');
  expect(lines).toEqual(expect.arrayContaining([
    '| sig-node | 1 of 2 |  |', '| sig-storage |  | 0 of 1 |', '| **all** | 1 of 2 | 0 of 1 |',
    '1 of them passed only in a second run: specs that fail without a known reason are run once more.',
    '| [sig-node] A two | unexplained: too \\| slow |', '| [sig-storage] B | not built |',
  ]));
});
