// Bodies that no decoder can read are the client's fault: 400 with a Status, whatever the format and the verb.
import { describe, expect, it } from 'vitest';
import { createApi, NAMESPACE, pod, TABLE } from './client.ts';

const api = await createApi();
await api.send('POST', `${NAMESPACE}/configmaps`, {
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } },
});
const MAP = `${NAMESPACE}/configmaps/m`;
const YAML = { 'content-type': 'application/yaml' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n';

/** Nine levels of nine: about four hundred million values. */
const BOMB = `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array.from({ length: 9 }, () => `*a${level}`).join(',')}]\n`).join('')}`;
const WRONG: [string, string][] = [
  ['an alias bomb', `${head}${BOMB}`],
  ['an undefined alias', `${head}data: *nobody\n`],
  ['an alias of what holds it', `${head}data: &a\n  b: *a\n`],
  ['a merge of no map', `${head}data:\n  <<: 5\n`],
  ['an open quote', `${head}data: "x\n`],
  ['a tab as indentation', `${head}data:\n\ta: b\n`],
  ['two documents', `${head}---\n${head}`],
  ['brackets without end', '['.repeat(100_000)],
  ['maps without end', '{a: '.repeat(100_000)],
  ['a number that JSON has not', `${head}data: {a: .inf}\n`],
];

describe('YAML', () => {
  it.each(WRONG)('%s is refused by create, update, apply and delete', async (_name, body) => {
    const answers = [
      await api.send('POST', `${NAMESPACE}/configmaps`, { body, headers: YAML }),
      await api.send('PUT', MAP, { body, headers: YAML }),
      await api.send('PATCH', `${MAP}?fieldManager=f`, { body, headers: APPLY }),
      await api.send('DELETE', `${MAP}?dryRun=All`, { body, headers: YAML }),
    ];
    expect(answers.map(({ status, body: { kind, code } }) => [status, kind, code])).toEqual(
      answers.map(() => [400, 'Status', 400]),
    );
  });

  it.each([
    ['yes', 'true'],
    ['off', 'false'],
    ['0777', '511'],
    ['0x10', '16'],
    ['1_000', '1000'],
    ['~', 'null'],
    ['1e3', '1000'],
    ['089', '89'],
    ['2001-01-01', '"2001-01-01"'],
    ['1:30', '"1:30"'],
    ['"yes"', '"yes"'],
    ['0b11', '3'],
    ['+.5', '0.5'],
    ['.', '"."'],
    ['1__', '1'],
    ['_1', '"_1"'],
  ])('%s is %s, as go-yaml reads it', async (text, json) => {
    const { parseYaml } = await import('../../src/api/wire/yaml.ts');
    expect(JSON.stringify(parseYaml(`a: ${text}`).value)).toBe(`{"a":${json}}`);
  });

  it('takes merges, anchors and comments', async () => {
    const { parseYaml } = await import('../../src/api/wire/yaml.ts');
    expect(parseYaml('a: &a {x: 1, w: 2} # c\nb:\n  <<: *a\n  w: 3\nc: [*a]\n').value).toEqual({
      a: { x: 1, w: 2 },
      b: { x: 1, w: 3 },
      c: [{ x: 1, w: 2 }],
    });
  });

  it('takes the last of two equal keys, and says where the second stands', async () => {
    const body =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata:\n  a: u\n  a: v\n';
    const warned = await api.send('POST', `${NAMESPACE}/configmaps?dryRun=All`, {
      body,
      headers: YAML,
    });
    expect([warned.status, warned.body['data']]).toEqual([201, { a: 'v' }]);
    const strict = await api.send('POST', `${NAMESPACE}/configmaps?fieldValidation=Strict`, {
      body,
      headers: YAML,
    });
    expect([strict.status, strict.body['message']]).toEqual([
      400,
      expect.stringContaining('yaml: unmarshal errors:\n  line 6: key "a" already set in map'),
    ]);
    const applied = await api.send('PATCH', `${MAP}?fieldManager=f&fieldValidation=Strict`, {
      body: body.replace('twice', 'm'),
      headers: APPLY,
    });
    expect([applied.status, applied.body['message']]).toEqual([
      400,
      expect.stringContaining('error strict decoding YAML'),
    ]);
  });

  it('names every key that stands twice, what lies inside one before the key itself', async () => {
    const { parseYaml } = await import('../../src/api/wire/yaml.ts');
    const { value, duplicate } = parseYaml(
      'a: 1\n"a": 2\nb: {x: 1, x: 2}\nb:\n  w: 1\n  w: 2\nl:\n- k: 1\n  k:\n- k: 1\n<<: {z: 1}\n',
    );
    expect(value).toEqual({ a: 2, b: { w: 2 }, l: [{ k: null }, { k: 1 }], z: 1 });
    expect(duplicate).toBe(
      [
        'yaml: unmarshal errors:',
        ...[
          [2, 'a'],
          [3, 'x'],
          [6, 'w'],
          [5, 'b'],
          [9, 'k'],
        ].map(([line, key]) => `line ${line}: key "${key}" already set in map`),
      ].join('\n  '),
    );
    expect(parseYaml('a: 1\n'.repeat(1000)).duplicate?.split('\n')).toHaveLength(101);
  });
});

describe('JSON', () => {
  it.each([
    [999, true, true],
    [5_000, true, false],
    [9_999, true, false],
    [10_001, false, false],
    [50_000, false, false],
  ])(
    '%i levels never break the server, and an object takes as many as in Go',
    async (levels, isTaken, isKept) => {
      const patched = async (type: string, body: string): Promise<number> =>
        (
          await api.send('PATCH', `${MAP}?dryRun=All&fieldManager=f`, {
            body,
            headers: { 'content-type': type },
          })
        ).status;
      const unknown = `{"metadata":{"x":${deep(levels - 2)}}}`;
      for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json'])
        expect([type, await patched(type, unknown)]).toEqual([
          type,
          isKept ? expect.toSatisfy((code: number) => [200, 422].includes(code)) : 400,
        ]);
      expect(
        await patched(
          'application/apply-patch+yaml',
          `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","x":${deep(levels - 2)}}}`,
        ),
      ).toBe(isTaken ? 500 : 400);
      const posted = await api.send('POST', `${NAMESPACE}/pods?dryRun=All`, {
        body: JSON.stringify(pod('deep')).replace(/}$/, `,"x":${deep(levels - 1)}}`),
      });
      expect(posted.status).toBe(isTaken ? 201 : 400);
      expect(posted.headers.get('warning')).toBe(isTaken ? '299 - "unknown field \\"x\\""' : null);
      expect(
        (await api.send('DELETE', `${NAMESPACE}/configmaps/nobody`, { body: deep(levels) })).status,
      ).toBe(isTaken ? 404 : 400);
    },
  );

  it.each([
    [90, [201, 200, 200, 200, 200, 200, 200, 200]],
    [101, [400, 404, 404, 404, 404, 404, 400, 404]],
    [9_900, [400, 404, 404, 404, 400, 404, 400, 404]],
  ])(
    '%i levels where any value is kept: written, read and changed, or refused',
    async (levels, codes) => {
      const path = `${NAMESPACE}/podtemplates`;
      const body = (name: string): string =>
        `{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"${name}"},"template":{"metadata":{"managedFields":[{"manager":"m","fieldsType":"FieldsV1","fieldsV1":${deep(levels)}}]},"spec":{"containers":[{"name":"c","image":"i"}]}}}`;
      const name = `deep-${levels}`;
      const at = async (
        method: string,
        form: string,
        sent?: string,
        type?: string,
      ): Promise<number> =>
        (
          await api.send(method, method === 'POST' ? path : `${path}/${name}?fieldManager=f`, {
            body: sent,
            headers: { accept: form, ...(type ? { 'content-type': type } : {}) },
          })
        ).status;
      expect([
        await at('POST', 'application/json', body(name)),
        await at('GET', 'application/yaml'),
        await at('GET', 'application/vnd.kubernetes.protobuf'),
        await at(
          'PATCH',
          TABLE,
          '{"metadata":{"labels":{"a":"b"}}}',
          'application/merge-patch+json',
        ),
        await at('PATCH', 'application/yaml', body(name), 'application/strategic-merge-patch+json'),
        await at(
          'PATCH',
          'application/json',
          '[{"op":"copy","from":"/template","path":"/template"}]',
          'application/json-patch+json',
        ),
        await at('PUT', 'application/json', body(name).replace('"m"', '"n"')),
        await at('DELETE', 'application/json'),
      ]).toEqual(codes);
    },
  );

  it('operations cannot build what is too deep, nor is it quoted', async () => {
    const { status, text } = await api.send('PATCH', `${MAP}?dryRun=All`, {
      body: [
        { op: 'add', path: '/metadata/labels', value: 5 },
        ...Array.from({ length: 12 }, (_, index) => ({
          op: 'add',
          path: `/metadata/x${'/a'.repeat(index * 499)}`,
          value: JSON.parse(`${'{"a":'.repeat(499)}{}${'}'.repeat(499)}`) as unknown,
        })),
      ],
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect([status, text.length < 1000]).toEqual([400, true]);
  });

  it('a path of long keys is quoted in part, however much is wrong below it', async () => {
    const { headers, status, text } = await api.send(
      'POST',
      `${NAMESPACE}/pods?dryRun=All&fieldValidation=Strict`,
      {
        body: `{"${'k'.repeat(1_000_000)}":{${'"a":1,'.repeat(200)}"a":1}}`,
        headers: { 'content-type': 'application/json' },
      },
    );
    expect([status, text.length < 4_000_000, headers.get('warning')]).toEqual([400, true, null]);
  });

  it('copies of copies into one another are refused', async () => {
    const operations = [
      { op: 'add', path: '/metadata/annotations', value: {} },
      ...Array.from({ length: 1200 }, (_, index) => ({
        op: 'add',
        path: `/metadata/annotations${'/a'.repeat(index + 1)}`,
        value: {},
      })),
    ];
    const { status } = await api.send('PATCH', `${MAP}?dryRun=All`, {
      body: operations,
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect([400, 422]).toContain(status);
  });

  it('more elements than can be stored are refused before any rule looks at them', async () => {
    const containers = Array.from({ length: 70_000 }, () => ({}));
    expect(
      (await api.send('POST', `${NAMESPACE}/pods`, { body: pod('long', { containers }) })).status,
    ).toBe(413);
  });
});

describe('protobuf', () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
  const field = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
  const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));
  const envelope = (raw: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from('k8s\0'),
      field(1, Buffer.concat([text(1, 'v1'), text(2, 'ConfigMap')])),
      field(2, raw),
    ]);
  const huge = Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);

  it.each([
    [
      'FieldsV1 that is no JSON',
      field(
        1,
        Buffer.concat([
          text(1, 'p'),
          field(
            17,
            Buffer.concat([
              text(1, 'm'),
              text(2, 'Update'),
              text(6, 'FieldsV1'),
              field(7, text(1, '{no')),
            ]),
          ),
        ]),
      ),
      400,
    ],
    ['a time that no date reaches', field(1, Buffer.concat([text(1, 'p'), field(8, huge)])), 400],
    ['half a field', Buffer.from([0x0a, 0x7f]), 400],
    ['a group', Buffer.from([0x0b]), 400],
    [
      'the data key __proto__',
      Buffer.concat([
        field(1, text(1, 'p')),
        field(2, Buffer.concat([text(1, '__proto__'), text(2, 'v')])),
      ]),
      201,
    ],
  ])('%s', async (_name, raw, code) => {
    const request = new Request(`https://api${NAMESPACE}/configmaps?dryRun=All`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer secret',
        'content-type': 'application/vnd.kubernetes.protobuf',
      },
      body: new Uint8Array(envelope(raw)),
    });
    const { handle } = await import('../../src/api/handler.ts');
    const response = await handle(api.ports, request);
    expect(response.status).toBe(code);
    if (code === 201) expect(await response.text()).toContain('"data":{"__proto__":"v"}');
  });
});
