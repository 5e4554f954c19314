// The API's work for a body grows only linearly with its length: every list and map of every kind, filled with equal and with
// distinct entries.
import { describe, expect, it } from 'vitest';
import { RESOURCES, type Resource, type Subresource } from '../../src/kinds/resources.ts';
import { kindShape } from '../../src/kinds/shapes.ts';
import { createApi, NAMESPACE, pod, TABLE } from '../api/client.ts';
import { filled, longPlaces, onePerType, type LongPlace } from './shapes.ts';
import { growthProblem } from './work.ts';

const N = 500;
/** Four times as many are refused by the decoder (MAX_MEMBERS), and what is stored is far smaller. */
const MOST = 16_000;
const LONGEST_MS = 600_000;

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
    expect(await growthProblem(N / 2, (n) => JSON.stringify(make(n)), post, MOST)).toBeUndefined();
  },
  LONGEST_MS,
);

/** What a kind's object needs to be taken. */
const FIELDS: Readonly<Record<string, object>> = {
  Pod: pod('a'),
  Service: { spec: { ports: [{ port: 80 }] } },
  Node: { spec: {} },
  PriorityClass: { value: 5 },
  RuntimeClass: { handler: 'a' },
  Binding: { target: { kind: 'Node', name: 'n' } },
  TokenRequest: { spec: { audiences: [] } },
  TokenReview: { spec: { token: 'a' } },
  SelfSubjectAccessReview: { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } },
  SelfSubjectRulesReview: { spec: { namespace: 'default' } },
  PodTemplate: { template: { spec: pod('a').spec } },
  Event: { involvedObject: { namespace: 'default' }, reason: 'a', type: 'Normal' },
};

const baseOf = ({ group, version, kind }: Pick<Resource, 'group' | 'version' | 'kind'>) => ({
  apiVersion: group === '' ? version : `${group}/${version}`,
  kind,
  metadata: { name: 'a' },
  ...FIELDS[kind],
});

const pathOf = ({ group, version, plural, namespaced }: Resource): string =>
  `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}/${namespaced ? 'namespaces/default/' : ''}${plural}`;

const send =
  (method: string, path: string, contentType = 'application/json', accept = TABLE) =>
  (body: string) =>
    api.send(method, `${path}${path.includes('?') ? '&' : '?'}dryRun=All`, {
      body,
      headers: { accept, 'content-type': contentType },
    });

/** The places at which the work grows faster than they do. */
async function problemsOf(
  kind: Pick<Resource, 'group' | 'version' | 'kind'>,
  places: readonly LongPlace[],
  distinct: boolean,
  run: (body: string) => unknown,
): Promise<string[]> {
  const shape = kindShape(kind.group, kind.kind, kind.version);
  const problems: string[] = [];
  for (const place of places) {
    const make = (n: number) => JSON.stringify(filled(baseOf(kind), shape, place, n, distinct));
    const problem = await growthProblem(N, make, run, MOST);
    if (problem !== undefined) problems.push(`${place.path.join('.')}: ${problem}`);
  }
  return problems;
}

const ENTRIES = [
  ['distinct', true],
  ['equal', false],
] as const;

const created = RESOURCES.filter(({ verbs }) => verbs.includes('create'));
const stored = created.filter(({ verbs }) => verbs.includes('patch'));
for (const resource of stored) await api.send('POST', pathOf(resource), { body: baseOf(resource) });

/** A pod's own rules look at each place by its path, the others' at their own types. What no new object has is below. */
const isOther = onePerType();
longPlaces('', 'Pod').forEach(isOther);
const newPlaces = ({ group, kind, version }: Resource): LongPlace[] =>
  longPlaces(group, kind, version).filter((place) =>
    kind === 'Pod'
      ? place.path[0] !== 'status' && !place.path.includes('ephemeralContainers')
      : isOther(place),
  );
const ofNew = created
  .map((resource) => [resource.group, resource.kind, resource, newPlaces(resource)] as const)
  .filter(([, , , places]) => places.length > 0);

describe.each(ofNew)('a new object of %s %s', (_group, _kind, resource, places) => {
  it.each(ENTRIES)(
    '%s entries: the work grows as they do, whatever they are of',
    async (_entries, distinct) => {
      const run = send('POST', pathOf(resource));
      expect(await problemsOf(resource, places, distinct, run)).toEqual([]);
    },
    LONGEST_MS,
  );
});

/** What an endpoint looks at. */
const PARTS: Readonly<Record<string, (path: readonly string[]) => boolean>> = {
  status: ([first]) => first === 'status',
  finalize: ([first]) => first === 'spec',
  ephemeralcontainers: (path) => path.includes('ephemeralContainers'),
  resize: (path) => path.includes('containers') && path.includes('resources'),
};

const subresources = created.flatMap((resource) =>
  resource.subresources
    .filter(({ verbs, kind }) => !verbs.includes('get') || kind === resource.kind)
    .filter(({ verbs }) => verbs.includes('create') || verbs.includes('update'))
    .map((sub): [string, string, Resource, Subresource] => [
      resource.kind,
      sub.name,
      resource,
      sub,
    ]),
);

describe.each(subresources)('the body of %s/%s', (_kind, name, resource, sub) => {
  it.each(ENTRIES)(
    '%s entries: the work grows as they do, whatever they are of',
    async (_entries, distinct) => {
      const places = longPlaces(sub.group, sub.kind, sub.version).filter(
        ({ path }) => PARTS[name]?.(path) ?? true,
      );
      const method = sub.verbs.includes('create') ? 'POST' : 'PUT';
      const run = send(method, `${pathOf(resource)}/a/${name}`);
      expect(await problemsOf(sub, places, distinct, run)).toEqual([]);
    },
    LONGEST_MS,
  );
});

/** Merging, comparing and printing go by types. */
const isFirst = onePerType();
const ofStored = stored
  .map(
    (resource) =>
      [
        resource.group,
        resource.kind,
        resource,
        longPlaces(resource.group, resource.kind, resource.version).filter(isFirst),
      ] as const,
  )
  .filter(([, , , places]) => places.length > 0);

describe.each([
  ['PUT', '', 'application/json', 'application/yaml'],
  ['PATCH', '', 'application/strategic-merge-patch+json', 'application/json'],
  [
    'PATCH',
    '?fieldManager=m&force=true',
    'application/apply-patch+yaml',
    'application/vnd.kubernetes.protobuf',
  ],
])('%s%s of %s', (method, query, contentType, accept) => {
  it.each(ofStored)(
    '%s %s: the work grows as the entries do',
    async (_group, _kind, resource, places) => {
      const run = send(method, `${pathOf(resource)}/a${query}`, contentType, accept);
      expect(await problemsOf(resource, places, true, run)).toEqual([]);
    },
    LONGEST_MS,
  );
});
