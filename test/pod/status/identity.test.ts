// N1, O3, M4: labels, the constant node, containers that stay.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { defaultPod } from '../../../src/pod/admission/defaults.ts';
import { validatePod, validatePodUpdate } from '../../../src/pod/validation/validate-pod.ts';

const container = { name: 'c', image: 'x:1' };
const make = (spec: object = {}, metadata: object = {}): Pod =>
  defaultPod({
    metadata: { name: 'p', namespace: 'ns', ...metadata },
    spec: { containers: [container], ...spec },
    status: {},
  } as Pod);
const lines = (errors: { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

it.each([
  ['app', 'web'],
  ['app.kubernetes.io/name', 'web-1.2_3'],
  ['A', ''],
  ['9', '9'],
  [`${'k'.repeat(63)}`, 'v'.repeat(63)],
  [`${'d'.repeat(60)}.example/x`, 'x'],
])('N1: the label %s=%s is taken', (key, value) =>
  expect(validatePod(make({}, { labels: { [key]: value } }))).toEqual([]),
);

it.each([
  ['', 'x', 'name part must be non-empty'],
  ['-app', 'x', 'must start and end with an alphanumeric character'],
  ['a/b/c', 'x', 'a valid label key must'],
  ['App.Io/x', 'x', 'a lowercase RFC 1123 subdomain'],
  ['k'.repeat(64), 'x', 'must be no more than 63'],
  ['app', 'a b', 'a valid label must'],
  ['app', '-x', 'a valid label must'],
  ['app', 'v'.repeat(64), 'must be no more than 63'],
])('N1: the label %s=%s is refused', (key, value, why) => {
  const [line = '', ...more] = lines(validatePod(make({}, { labels: { [key]: value } })));
  expect(line).toMatch(/^metadata\.labels: Invalid value: /);
  expect([line, ...more].join('\n')).toContain(why);
});

it.each([
  ['another node', { nodeName: 'a' }, { nodeName: 'b' }],
  ['no node any more', { nodeName: 'a' }, {}],
  ['a node of the author’s choice later', {}, { nodeName: 'a' }],
])('O3: an update to %s is refused', (_what, before, after) => {
  expect(lines(validatePodUpdate(make(after), make(before)))).toEqual([
    expect.stringMatching(/^spec: Forbidden: pod updates may not change fields other than/),
  ]);
});

it.each([
  ['one container more', [container, { name: 'd', image: 'x:1' }]],
  ['two of one container', [container, container]],
  ['none', []],
])('M4: a pod cannot grow or shrink inside: %s', (_what, containers) => {
  expect(lines(validatePodUpdate(make({ containers }), make()))).toContain(
    'spec.containers: Forbidden: pod updates may not add or remove containers',
  );
});
