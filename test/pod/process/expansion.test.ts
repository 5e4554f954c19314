// `$(VAR)` expansion (third_party/forked/golang/expansion).
import { expect, it } from 'vitest';
import { expand, references } from '../../../src/pod/process/expansion.ts';

const known: Record<string, string> = { A: 'a', B: '$(A)', EMPTY: '' };

it.each([
  ['$(A)', 'a'],
  ['x$(A)y$(A)', 'xaya'],
  ['$(NONE)', '$(NONE)'],
  ['$(EMPTY)', ''],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$$$$(A)', '$$(A)'],
  ['$(B)', '$(A)'],
  ['$(A', '$(A'],
  ['$A', '$A'],
  ['cost: 5$', 'cost: 5$'],
  ['$', '$'],
  ['$()', '$()'],
  ['$(A)$(', 'a$('],
  ['$(A$(A))', '$(A$(A))'],
])('%s becomes %s', (text, expected) => expect(expand(text, (name) => known[name])).toBe(expected));

it('references are the names in order', () =>
  expect(references('$(A)/$$(B)/$(C)')).toEqual(['A', 'C']));
