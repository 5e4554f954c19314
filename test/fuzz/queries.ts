// Query strings: every option that the API reads with values right and wrong, and text that is no query.
import type { Chance } from '../simulation/random.ts';
import { PROTOTYPE_NAMES } from './values.ts';

const token = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const LABEL_SELECTORS = [
  'a=b',
  'a!=b',
  'a in (b,c)',
  'a notin (b)',
  '!a',
  'a',
  'a>5',
  'a<5',
  'a==b,c',
  '',
  ',',
  ',,',
  'a=',
  '=b',
  'a in',
  'a in (',
  'a in ()',
  'a in (,)',
  'a,,b',
  '(',
  ')',
  '!',
  '!!a',
  'a!',
  'a=b=c',
  'é=x',
  `${'a'.repeat(64)}=b`,
  'x/y=z',
  'x/y/z=1',
  'a in (b',
  '\u0000',
  'a\tin\t(b)',
  ...PROTOTYPE_NAMES,
  ...PROTOTYPE_NAMES.map((name) => `!${name}`),
  `${'('.repeat(5_000)}`,
  `a in (${'b,'.repeat(3_000)}b)`,
];
const FIELD_SELECTORS = [
  'metadata.name=pod1',
  'metadata.namespace=x',
  'status.phase=Running',
  'spec.nodeName!=x',
  'bad=1',
  'metadata.name',
  '=',
  'a==b==c',
  'metadata.name=a\\,b',
  '\\',
  'metadata.name=\\',
  'status.podIP=,spec.nodeName=',
  'involvedObject.kind=Pod',
  '!=',
  'metadata.name!=p,metadata.name=p',
  'constructor=x',
  '__proto__=x',
  'metadata.constructor=x',
  'type=Warning',
  'spec.schedulerName=x',
];
const INTEGERS = [
  '0',
  '1',
  '2',
  '-1',
  'a',
  '',
  '1.5',
  '9'.repeat(20),
  '9223372036854775807',
  '-9223372036854775808',
  '0x10',
  '1e3',
  ' 1',
  '٣',
  '00001',
];
const FLAGS = ['true', 'false', '1', '0', 'T', 'x', ''];
const CONTINUES = [
  '',
  'x',
  '////',
  '%%%',
  'bnVsbA',
  'W10',
  'MQ',
  'A'.repeat(3_000),
  ...[
    { v: 'meta.k8s.io/v1', rv: 1, start: 'a' },
    { v: 'meta.k8s.io/v1', rv: -1, start: '\u0000' },
    { v: 'meta.k8s.io/v1', rv: 1e99, start: {} },
    { v: 'x' },
    { v: 'meta.k8s.io/v1', rv: 5, start: '../../../x' },
  ].map(token),
];

const OPTIONS: { [name: string]: string[] } = {
  labelSelector: LABEL_SELECTORS,
  fieldSelector: FIELD_SELECTORS,
  continue: CONTINUES,
  resourceVersion: INTEGERS,
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x', ''],
  limit: INTEGERS,
  timeoutSeconds: ['1', '0', '-1', 'a'],
  allowWatchBookmarks: FLAGS,
  sendInitialEvents: FLAGS,
  pretty: FLAGS,
  dryRun: ['All', 'x', '', 'All,All'],
  force: FLAGS,
  orphanDependents: FLAGS,
  fieldManager: ['m', '', 'a'.repeat(129), '\u0000', 'é', 'a b'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x'],
  gracePeriodSeconds: INTEGERS,
  propagationPolicy: ['Foreground', 'Orphan', 'Background', 'x'],
  includeObject: ['None', 'Object', 'Metadata', 'x'],
  container: ['c', 'x', '', 'constructor'],
  previous: FLAGS,
  sinceSeconds: INTEGERS,
  sinceTime: ['2020-01-01T00:00:00Z', 'x', '9999999-01-01'],
  tailLines: INTEGERS,
  limitBytes: INTEGERS,
  timestamps: FLAGS,
  command: ['a', '', 'a'.repeat(3_000)],
  stdin: FLAGS,
  stdout: FLAGS,
  path: ['/', '//', '..'],
  ports: INTEGERS,
  x: ['y'],
  '': [''],
  ...Object.fromEntries(PROTOTYPE_NAMES.map((name) => [name, ['x']])),
};
const SCRAPS = [
  '%zz',
  '=',
  '&&',
  'a=%ff',
  '%00',
  'labelSelector=%',
  '?',
  'labelSelector',
  'limit=1&limit=x',
  '#x',
];

/** A query with its `?`, or ''. A watch ends by itself after a second. */
export function someQuery(chance: Chance, { watch = false }: { watch?: boolean } = {}): string {
  const pairs = Array.from({ length: chance.pick([0, 0, 0, 1, 1, 2, 3]) }, () => {
    const name = chance.pick(Object.keys(OPTIONS));
    return [name, chance.pick(OPTIONS[name] ?? [''])] as [string, string];
  });
  if (watch && chance.happens(0.1)) pairs.unshift(['watch', '1'], ['timeoutSeconds', '1']);
  const text = new URLSearchParams(pairs).toString();
  const scrap = chance.happens(0.03) ? `&${chance.pick(SCRAPS)}` : '';
  return text === '' && scrap === '' ? '' : `?${text}${scrap}`;
}
