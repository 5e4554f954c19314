// The API's work for a body grows only linearly with its length: every list and map of every kind, filled with equal and with
// distinct entries.
import { describe, expect, it } from 'vitest';
import { RESOURCES, type Resource, type Subresource } from '../../src/kinds/resources.ts';
import { kindShape } from '../../src/kinds/shapes.ts';
import { createApi, NAMESPACE, pod, TABLE } from '../api/client.ts';
import { collectionPath, NAMESPACE as OF_ALL, nameOf, wholeObject } from '../fuzz/objects.ts';
import { filled, longPlaces, onePerType, type LongPlace } from './shapes.ts';
import { growthProblem } from './work.ts';

const N = 500;
/** Eight times as many are refused by the decoder (MAX_MEMBERS), and what is stored is far smaller. */
const MOST = 8_000;
const LONGEST_MS = 600_000;

const list = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));
const container = (fields: object) => ({ name: 'c', image: 'i', ...fields });

/** Two lists of which each refers to entries of the other. */
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
    'mounts and block devices',
    (n) =>
      pod('a', {
        containers: [
          container({
            volumeMounts: list(n, (i) => ({ name: `v${i}`, mountPath: `/m${i}` })),
            volumeDevices: list(n, (i) => ({ name: `d${i}`, devicePath: `/d${i}` })),
          }),
        ],
      }),
  ],
  [
    'volumes and the files of them that variables come from',
    (n) =>
      pod('a', {
        volumes: list(n, (i) => ({ name: `v${i}`, emptyDir: {} })),
        containers: [
          container({
            env: list(n, (i) => ({
              name: `E${i}`,
              valueFrom: { fileKeyRef: { volumeName: `v${i}`, path: 'f', key: 'k' } },
            })),
          }),
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

/** Pods with little else in them, since each list is measured by itself. */
const SMALL: Readonly<Record<string, object>> = {
  Pod: pod('a'),
  PodTemplate: { template: { spec: pod('a').spec } },
};

/** An object that is accepted as it is. */
function baseOf(kind: Pick<Resource, 'group' | 'version' | 'kind'>, name: string) {
  const whole = wholeObject(kind, name);
  return { ...whole, ...SMALL[kind.kind], metadata: { name } };
}

const newOf = (resource: Resource) => baseOf(resource, nameOf(resource, 0));

const send =
  (method: string, path: string, contentType = 'application/json', accept = TABLE) =>
  (body: string) =>
    api.send(method, `${path}${path.includes('?') ? '&' : '?'}dryRun=All`, {
      body,
      headers: { accept, 'content-type': contentType },
    });

/** The places where the work grows faster than their length. */
async function problemsOf(
  base: object,
  kind: Pick<Resource, 'group' | 'version' | 'kind'>,
  places: readonly LongPlace[],
  distinct: boolean,
  run: (body: string) => unknown,
): Promise<string[]> {
  const shape = kindShape(kind.group, kind.kind, kind.version);
  const problems: string[] = [];
  for (const place of places) {
    const make = (n: number) => JSON.stringify(filled(base, shape, place, n, distinct));
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
await api.send('POST', '/api/v1/namespaces', { body: { metadata: { name: OF_ALL } } });
for (const resource of stored) {
  const { status, text } = await api.send('POST', collectionPath(resource), {
    body: newOf(resource),
  });
  if (status !== 201 && status !== 409) throw new Error(`${resource.kind} is refused: ${text}`);
}

/** A pod's rules treat each place by its path, those of other kinds by its type. Places that no new object has are below. */
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
      const run = send('POST', collectionPath(resource));
      expect(await problemsOf(newOf(resource), resource, places, distinct, run)).toEqual([]);
    },
    LONGEST_MS,
  );
});

/** What an endpoint works on. */
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
      const run = send(method, `${collectionPath(resource)}/${nameOf(resource, 0)}/${name}`);
      expect(
        await problemsOf(baseOf(sub, nameOf(resource, 0)), sub, places, distinct, run),
      ).toEqual([]);
    },
    LONGEST_MS,
  );
});

/** Merging, comparing and printing follow the types. */
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
      const run = send(
        method,
        `${collectionPath(resource)}/${nameOf(resource, 0)}${query}`,
        contentType,
        accept,
      );
      expect(await problemsOf(newOf(resource), resource, places, true, run)).toEqual([]);
    },
    LONGEST_MS,
  );
});
