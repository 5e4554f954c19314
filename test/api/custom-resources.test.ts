// Custom kinds: a definition's names and deletion, and objects of the kind through every verb.
import { expect, it } from 'vitest';
import { createApi, TABLE } from './client.ts';
import { DEFINITIONS, define, definition, gadget, GADGETS, withSpec } from './definitions.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const SIZES = withSpec({
  size: { type: 'integer', minimum: 1 },
  color: { type: 'string', default: 'red', enum: ['red', 'blue'] },
  note: { type: 'string', nullable: true },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
});

it('a definition is established at once, and an object can be created right after', async () => {
  const api = await createApi();
  const made = await api.send('POST', DEFINITIONS, { body: definition(SIZES) });
  expect(made.body['status']).toEqual({
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: ['v1'],
  });
  const { body } = await api.send('GET', `${DEFINITIONS}/gadgets.example.com`);
  expect(body['status']).toMatchObject({
    acceptedNames: { plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
    ],
  });
  expect(
    (await api.send('POST', GADGETS, { body: gadget('g', { spec: { size: 1 } }) })).status,
  ).toBe(201);
});

it('a kind that nobody defined is a path that nobody serves', async () => {
  const { send } = await createApi();
  expect(await send('GET', GADGETS)).toMatchObject({ status: 404, text: '404 page not found\n' });
});

it('unknown fields are pruned with a warning, defaults filled in, and nulls kept where they may be', async () => {
  const api = await createApi();
  await define(api, definition(SIZES));
  const spec = { size: 1, more: 1, note: null, free: { a: { b: 1 } }, color: null };
  const { body, headers } = await api.send('POST', GADGETS, {
    body: gadget('g', { spec, extra: 1 }),
  });
  expect(body['spec']).toEqual({ size: 1, note: null, free: { a: { b: 1 } }, color: 'red' });
  expect(headers.get('warning')).toBe(
    '299 - "unknown field \\"extra\\"", 299 - "unknown field \\"spec.more\\""',
  );
  const strict = await api.send('POST', `${GADGETS}?fieldValidation=Strict`, {
    body: gadget('h', { spec }),
  });
  expect(strict.body['message']).toBe(
    'Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.more"',
  );
});

it('an object that breaks the schema is refused with every problem', async () => {
  const api = await createApi();
  await define(api, definition(SIZES));
  const { body } = await api.send('POST', GADGETS, {
    body: gadget('g', { spec: { size: 0, color: 'green' } }),
  });
  expect(body['details'].causes).toEqual([
    {
      reason: 'FieldValueNotSupported',
      message: 'Unsupported value: "green": supported values: "red", "blue"',
      field: 'spec.color',
    },
    {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: spec.size in body should be greater than or equal to 1',
      field: 'spec.size',
    },
  ]);
});

it('the generation counts changes outside of metadata and status, and /status takes only the status', async () => {
  const api = await createApi();
  await define(
    api,
    definition(
      {
        properties: {
          ...(SIZES['properties'] as object),
          status: { type: 'object', properties: { word: { type: 'string' } } },
        },
      },
      { subresources: { status: {} } },
    ),
  );
  const made = await api.send('POST', GADGETS, {
    body: gadget('g', { spec: { size: 1 }, status: { word: 'lost' } }),
  });
  expect(made.body).not.toHaveProperty('status');
  const patched = async (path: string, body: unknown) =>
    (await api.send('PATCH', `${GADGETS}/g${path}`, { body, headers: MERGE })).body;
  expect(
    await patched('/status', {
      spec: { size: 9 },
      status: { word: 'ok' },
      metadata: { labels: { a: 'b' } },
    }),
  ).toMatchObject({ metadata: { generation: 1 }, spec: { size: 1 }, status: { word: 'ok' } });
  expect(await patched('', { spec: { size: 2 }, status: { word: 'no' } })).toMatchObject({
    metadata: { generation: 2 },
    status: { word: 'ok' },
  });
  expect((await patched('', { metadata: { labels: { a: 'b' } } }))['metadata'].generation).toBe(2);
});

it('the scale subresource reads and writes the numbers at the definition’s paths', async () => {
  const api = await createApi();
  const properties = {
    spec: { type: 'object', properties: { count: { type: 'integer', maximum: 5 } } },
    status: {
      type: 'object',
      properties: { ready: { type: 'integer' }, selector: { type: 'string' } },
    },
  };
  const scale = {
    specReplicasPath: '.spec.count',
    statusReplicasPath: '.status.ready',
    labelSelectorPath: '.status.selector',
  };
  await define(api, definition({ properties }, { subresources: { scale } }));
  await api.send('POST', GADGETS, {
    body: gadget('g', { spec: { count: 2 }, status: { ready: 1, selector: 'a=b' } }),
  });
  expect((await api.send('GET', `${GADGETS}/g/scale`)).body).toMatchObject({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    spec: { replicas: 2 },
    status: { replicas: 1, selector: 'a=b' },
  });
  const scaled = (replicas: number) =>
    api.send('PATCH', `${GADGETS}/g/scale`, { body: { spec: { replicas } }, headers: MERGE });
  expect((await scaled(3)).body['spec']).toEqual({ replicas: 3 });
  expect((await api.send('GET', `${GADGETS}/g`)).body).toMatchObject({
    metadata: { generation: 2 },
    spec: { count: 3 },
  });
  expect((await scaled(9)).status).toBe(422);
  expect((await scaled(-1)).body['message']).toContain('should be a non-negative integer');
  await api.send('POST', GADGETS, { body: gadget('none') });
  expect((await api.send('GET', `${GADGETS}/none/scale`)).body['message']).toBe(
    'Internal error occurred: the spec replicas field ".spec.count" does not exist',
  );
});

it('a strategic merge patch, protobuf and a PUT without version are refused', async () => {
  const api = await createApi();
  await define(api, definition(SIZES));
  await api.send('POST', GADGETS, { body: gadget('g') });
  const strategic = await api.send('PATCH', `${GADGETS}/g`, {
    body: {},
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
  });
  expect(strategic.status).toBe(415);
  const binary = await api.send('POST', GADGETS, {
    body: 'k8s',
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
  });
  expect(binary.status).toBe(415);
  const put = await api.send('PUT', `${GADGETS}/g`, { body: gadget('g') });
  expect(put.body['details'].causes[0].message).toBe(
    'Invalid value: 0: must be specified for an update',
  );
});

it('server-side apply merges lists by their keys and says which field is not in the schema', async () => {
  const api = await createApi();
  const parts = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, weight: { type: 'integer' } },
    },
  };
  await define(
    api,
    definition(withSpec({ parts, tags: { type: 'array', items: { type: 'string' } } })),
  );
  const apply = (manager: string, spec: unknown) =>
    api.send('PATCH', `${GADGETS}/g?fieldManager=${manager}`, {
      body: gadget('g', { spec }),
      headers: APPLY,
    });
  await apply('one', { parts: [{ name: 'a', weight: 1 }] });
  const { body } = await apply('two', { parts: [{ name: 'b' }], tags: ['x'] });
  expect(body['spec']).toEqual({ parts: [{ name: 'a', weight: 1 }, { name: 'b' }], tags: ['x'] });
  expect((await apply('two', { parts: [{ name: 'a', weight: 2 }] })).status).toBe(409);
  expect((await apply('two', { colour: 1 })).body['message']).toContain(
    '.spec.colour: field not declared in schema',
  );
});

it('a Table has the definition’s columns, and a field selector takes only its selectable fields', async () => {
  const api = await createApi();
  await define(
    api,
    definition(SIZES, {
      additionalPrinterColumns: [
        { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
        { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
      ],
      selectableFields: [{ jsonPath: '.spec.color' }],
    }),
  );
  for (const [name, color] of [
    ['r', 'red'],
    ['b', 'blue'],
  ] as const)
    await api.send('POST', GADGETS, { body: gadget(name, { spec: { size: 2, color } }) });
  const { body } = await api.send('GET', GADGETS, { headers: { accept: TABLE } });
  expect(body['columnDefinitions'].map(({ name }: { name: string }) => name)).toEqual([
    'Name',
    'Size',
    'Color',
  ]);
  expect(body['rows'].map(({ cells }: { cells: unknown[] }) => cells)).toEqual([
    ['b', 2, 'blue'],
    ['r', 2, 'red'],
  ]);
  const selected = await api.send('GET', `${GADGETS}?fieldSelector=spec.color=blue`);
  expect(selected.body['items']).toMatchObject([
    { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'b' } },
  ]);
  expect((await api.send('GET', `${GADGETS}?fieldSelector=spec.size=2`)).body['message']).toBe(
    'field label not supported: spec.size',
  );
});

it('versions differ in name and schema: what the storage version does not know is not read', async () => {
  const api = await createApi();
  const schema = (names: string[]) => ({
    openAPIV3Schema: {
      type: 'object',
      ...withSpec(Object.fromEntries(names.map((name) => [name, { type: 'string' }]))),
    },
  });
  const body = definition(
    {},
    {},
    {
      versions: [
        { name: 'v1', served: true, storage: true, schema: schema(['one', 'both']) },
        {
          name: 'v2',
          served: true,
          storage: false,
          schema: schema(['two', 'both']),
          deprecated: true,
        },
      ],
    },
  );
  await define(api, body);
  await api.send('POST', GADGETS, { body: gadget('g', { spec: { one: '1', both: 'x' } }) });
  const second = await api.send('GET', `${GADGETS.replace('/v1/', '/v2/')}/g`);
  expect(second.body).toMatchObject({ apiVersion: 'example.com/v2', spec: { both: 'x' } });
  expect(second.body['spec']).not.toHaveProperty('one');
  expect(second.headers.get('warning')).toContain('example.com/v2 Gadget is deprecated');
  const group = await api.send('GET', '/apis/example.com');
  expect(group.body['versions'].map(({ version }: { version: string }) => version)).toEqual([
    'v2',
    'v1',
  ]);
});

it('discovery and OpenAPI show the kind while it is defined', async () => {
  const api = await createApi();
  await define(api, definition(SIZES, { subresources: { status: {} } }));
  const list = await api.send('GET', '/apis/example.com/v1');
  expect(list.body['resources']).toMatchObject([
    { name: 'gadgets', kind: 'Gadget', shortNames: ['gd'], namespaced: true },
    { name: 'gadgets/status', verbs: ['get', 'patch', 'update'] },
  ]);
  const aggregated = await api.send('GET', '/apis', {
    headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
  });
  expect(aggregated.text).toContain('"resource":"gadgets"');
  const index = await api.send('GET', '/openapi/v3');
  const { serverRelativeURL } = index.body['paths']['apis/example.com/v1'];
  const document = await api.send('GET', serverRelativeURL);
  expect(document.body['components'].schemas['com.example.v1.Gadget']).toMatchObject({
    properties: { spec: { properties: { size: { minimum: 1 } } }, metadata: {} },
    'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Gadget' }],
  });
  const before = await api.send('GET', '/openapi/v2');
  expect(before.body['definitions']).toHaveProperty(['com.example.v1.Gadget']);
  await api.send('DELETE', `${DEFINITIONS}/gadgets.example.com`);
  expect((await api.send('GET', '/openapi/v2')).body['definitions']).not.toHaveProperty([
    'com.example.v1.Gadget',
  ]);
  expect((await api.send('GET', '/apis/example.com/v1')).status).toBe(404);
});

it('a name that another definition of the group has is not accepted until it is free', async () => {
  const api = await createApi();
  await define(api, definition({}));
  const other = {
    ...definition({}, {}, { names: { plural: 'gizmos', kind: 'Gizmo', shortNames: ['gd'] } }),
    metadata: { name: 'gizmos.example.com' },
  };
  await define(api, other);
  const conditions = async () =>
    (await api.send('GET', `${DEFINITIONS}/gizmos.example.com`)).body['status'].conditions;
  expect(await conditions()).toMatchObject([
    { status: 'False', reason: 'ShortNamesConflict', message: '"gd" is already in use' },
    { status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
  ]);
  await api.send('DELETE', `${DEFINITIONS}/gadgets.example.com`);
  expect(await conditions()).toMatchObject([{ status: 'True' }, { status: 'True' }]);
});

it('a definition takes its objects with it, and waits for their finalizers', async () => {
  const api = await createApi();
  await define(api, definition(SIZES));
  await api.send('POST', GADGETS, { body: gadget('free') });
  const held = gadget('held');
  await api.send('POST', GADGETS, {
    body: { ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } },
  });
  const deleted = await api.send('DELETE', `${DEFINITIONS}/gadgets.example.com`);
  expect(deleted.body['metadata'].finalizers).toEqual([
    'customresourcecleanup.apiextensions.k8s.io',
  ]);
  expect((await api.send('GET', `${GADGETS}/free`)).status).toBe(404);
  expect(await api.send('POST', GADGETS, { body: gadget('late') })).toMatchObject({
    status: 403,
    body: { message: 'create not allowed while custom resource definition is terminating' },
  });
  await api.send('PATCH', `${GADGETS}/held`, {
    body: { metadata: { finalizers: null } },
    headers: MERGE,
  });
  expect((await api.send('GET', `${DEFINITIONS}/gadgets.example.com`)).status).toBe(404);
});

it('a deleted namespace takes its custom objects with it', async () => {
  const api = await createApi();
  await define(api, definition(SIZES));
  await api.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'team' } } });
  const path = GADGETS.replace('default', 'team');
  await api.send('POST', path, { body: gadget('g') });
  await api.send('DELETE', '/api/v1/namespaces/team');
  expect((await api.send('GET', `${path}/g`)).status).toBe(404);
});

it.each([150, 2_000])(
  'a schema of %i levels is refused before any rule looks at it',
  async (levels) => {
    const { send } = await createApi();
    let schema: Record<string, unknown> = { type: 'string' };
    for (let level = 0; level < levels; level++)
      schema = { type: 'object', properties: { a: schema } };
    const { status, body } = await send('POST', DEFINITIONS, { body: definition(schema) });
    expect(status).toBe(400);
    expect(body['message']).toContain('exceeded max depth');
  },
);

it('an object deeper than can be shown is refused', async () => {
  const api = await createApi();
  await define(api, definition(SIZES));
  let free: unknown = 1;
  for (let level = 0; level < 500; level++) free = { a: free };
  const { status } = await api.send('POST', GADGETS, {
    body: gadget('g', { spec: { size: 1, free } }),
  });
  expect(status).toBe(400);
});

it('a schema and an object that multiply are given up, not waited for', async () => {
  const api = await createApi();
  const allOf = Array.from({ length: 2_000 }, () => ({ maxLength: 5 }));
  const list = { type: 'array', items: { type: 'string', allOf } };
  await define(api, definition(withSpec({ list })));
  const { status, body } = await api.send('POST', GADGETS, {
    body: gadget('g', { spec: { list: Array.from({ length: 20_000 }, () => 'x') } }),
  });
  expect(status).toBe(422);
  expect(body['message']).toContain('the object was not checked to its end');
});

it('patterns are those of RE2, whose time grows with the text alone', async () => {
  const api = await createApi();
  await define(api, definition(withSpec({ text: { type: 'string', pattern: '^(a+)+$' } })));
  const { body } = await api.send('POST', GADGETS, {
    body: gadget('g', { spec: { text: `${'a'.repeat(100_000)}b` } }),
  });
  expect(body['details'].causes[0].message).toContain("should match '^(a+)+$'");
  const refused = await api.send('POST', DEFINITIONS, {
    body: definition(withSpec({ text: { type: 'string', pattern: '(?=a)' } })),
  });
  expect(refused.body['message']).toContain('must be a valid regular expression');
});

it.each([
  [
    'a conversion webhook',
    {
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: 'https://x' }, conversionReviewVersions: ['v1'] },
      },
    },
    'spec.conversion.strategy',
  ],
  [
    'two storage versions',
    {
      versions: ['v1', 'v2'].map((name) => ({
        name,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object' } },
      })),
    },
    'spec.versions',
  ],
  ['a group without a dot', { group: 'example' }, 'spec.group'],
  ['a scope that is none', { scope: 'Worldwide' }, 'spec.scope'],
])('%s is refused', async (_what, spec, field) => {
  const { send } = await createApi();
  const { status, body } = await send('POST', DEFINITIONS, { body: definition({}, {}, spec) });
  expect(status).toBe(422);
  expect(body['details'].causes.map((cause: { field: string }) => cause.field)).toContain(field);
});
