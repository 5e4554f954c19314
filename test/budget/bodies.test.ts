// No body makes the API work longer than it is long: every list and map of every kind, filled with equal and with distinct entries.
import { describe, expect, it } from 'vitest';
import { kindShape } from '../../src/kinds/shapes.ts';
import { createApi, NAMESPACE, pod, TABLE } from '../api/client.ts';
import { filled, longPlaces } from './shapes.ts';
import { growthProblem } from './work.ts';

const N = 500;
const LONGEST_MS = 600_000;

const named = (kind: string, fields: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a' },
  ...fields,
});
const KINDS: [group: string, kind: string, path: string, base: object][] = [
  ['', 'Pod', `${NAMESPACE}/pods`, pod('a')],
  ['', 'ConfigMap', `${NAMESPACE}/configmaps`, named('ConfigMap')],
  ['', 'Secret', `${NAMESPACE}/secrets`, named('Secret')],
  ['', 'Service', `${NAMESPACE}/services`, named('Service', { spec: { ports: [{ port: 80 }] } })],
  ['', 'ServiceAccount', `${NAMESPACE}/serviceaccounts`, named('ServiceAccount')],
  ['', 'Endpoints', `${NAMESPACE}/endpoints`, named('Endpoints')],
];

const list = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));
const container = (fields: object) => ({ name: 'c', image: 'i', ...fields });

/** Two lists that look one another up. */
const PAIRS: [string, (n: number) => object][] = [
  [
    'volumes and their mounts',
    (n) =>
      pod('a', {
        volumes: list(n, (i) => ({ name: `v${i}`, emptyDir: {} })),
        containers: [
          container({ volumeMounts: list(n, (i) => ({ name: `v${i}`, mountPath: `/m${i}` })) }),
        ],
      }),
  ],
  [
    'volumes of memory and their mounts',
    (n) =>
      pod('a', {
        volumes: list(n, (i) => ({ name: `v${i}`, emptyDir: { medium: 'Memory' } })),
        containers: [
          container({ volumeMounts: list(n, (i) => ({ name: `v${i}`, mountPath: `/m${i}` })) }),
        ],
      }),
  ],
  [
    'annotations and containers',
    (n) =>
      pod(
        'a',
        { containers: list(n, (i) => ({ name: `c${i}`, image: 'i' })) },
        { annotations: Object.fromEntries(list(n, (i) => [`k${i}`, 'v'])) },
      ),
  ],
  [
    'claims and their uses',
    (n) =>
      pod('a', {
        resourceClaims: list(n, (i) => ({ name: `r${i}`, resourceClaimName: 'x' })),
        containers: [container({ resources: { claims: list(n, (i) => ({ name: `r${i}` })) } })],
      }),
  ],
  [
    'claims and uses of others',
    (n) =>
      pod('a', {
        resourceClaims: list(n, (i) => ({ name: `r${i}`, resourceClaimName: 'x' })),
        containers: [container({ resources: { claims: list(n, (i) => ({ name: `s${i}` })) } })],
      }),
  ],
  [
    'named ports and probes',
    (n) =>
      pod('a', {
        containers: list(n, (i) => ({
          name: `c${i}`,
          image: 'i',
          ports: [{ name: `p${i}`, containerPort: i + 1 }],
          readinessProbe: { httpGet: { port: `p${i}` } },
        })),
      }),
  ],
  [
    'equal ports',
    (n) =>
      pod('a', {
        containers: list(n, (i) => ({
          name: `c${i}`,
          image: 'i',
          ports: [{ name: 'p', containerPort: 80, hostPort: 80 }],
        })),
      }),
  ],
];

const api = await createApi();

it.each(PAIRS)(
  'a pod of %s: its work grows as it does',
  async (_name, make) => {
    const post = (body: string) =>
      api.send('POST', `${NAMESPACE}/pods?dryRun=All`, { body, headers: { accept: TABLE } });
    expect(await growthProblem(N / 2, (n) => JSON.stringify(make(n)), post)).toBeUndefined();
  },
  LONGEST_MS,
);

describe.each(KINDS)('a body of %s %s', (group, kind, path, base) => {
  const shape = kindShape(group, kind);
  const post = (body: string) =>
    api.send('POST', `${path}?dryRun=All`, { body, headers: { accept: TABLE } });

  it.each([
    ['distinct', true],
    ['equal', false],
  ] as const)(
    '%s entries: its work grows as it does',
    async (_kind, distinct) => {
      const problems: string[] = [];
      for (const place of longPlaces(group, kind)) {
        const problem = await growthProblem(
          N,
          (n) => JSON.stringify(filled(base, shape, place, n, distinct)),
          post,
        );
        if (problem !== undefined) problems.push(`${place.path.join('.')}: ${problem}`);
      }
      expect(problems).toEqual([]);
    },
    LONGEST_MS,
  );
});
