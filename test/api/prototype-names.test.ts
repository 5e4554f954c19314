// Names of members that every JavaScript object has (constructor, __proto__ …) are ordinary names.
import { beforeEach, describe, expect, it } from 'vitest';
import { parseFieldSelector } from '../../src/api/selectors/field-selector.ts';
import { recordKey, toRecord } from '../../src/steps/pod/record-for.ts';
import { own, setOwn } from '../../src/own.ts';
import type { ConfigMap, Pod, Secret } from '../../src/kinds/pod.ts';
import { specEnvironment, type EnvContext } from '../../src/pod/process/env.ts';
import { startContainer } from '../../src/steps/start/start-container.ts';
import { createApi, NAMESPACE, pod } from './client.ts';

const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
const LABELS = NAMES.filter((name) => name !== '__proto__');
const json = (name: string, value: unknown): unknown =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);
/** An object with a member of that name, even if it is __proto__. */
const body = (fields: object, at: string, name: string, value: unknown): string =>
  JSON.stringify(fields).replace(
    /}$/,
    `,${JSON.stringify(at)}:${JSON.stringify(json(name, value))}}`,
  );

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const MAPS = `${NAMESPACE}/configmaps`;
const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

describe.each(NAMES)('the key %s of a config map', (name) => {
  const has = (text: string, value: string): void =>
    expect(text).toContain(`"data":{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

  it('is stored and read like any other', async () => {
    const made = await api.send('POST', MAPS, { body: body(map('m'), 'data', name, 'v') });
    expect([made.status, made.headers.get('warning')]).toEqual([201, null]);
    has((await api.send('GET', `${MAPS}/m`)).text, 'v');
    const put = await api.send('PUT', `${MAPS}/m`, { body: body(map('m'), 'data', name, 'w') });
    has(put.text, 'w');
  });

  it('comes in by YAML', async () => {
    await api.send('POST', MAPS, {
      body: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  ${name}: v\n`,
      headers: { 'content-type': 'application/yaml' },
    });
    has((await api.send('GET', `${MAPS}/m`)).text, 'v');
  });

  it.each([
    ['application/merge-patch+json', `{"data":{"${name}":"v"}}`, ''],
    ['application/strategic-merge-patch+json', `{"data":{"${name}":"v"}}`, ''],
    [
      'application/json-patch+json',
      `[{"op":"add","path":"/data","value":{}},{"op":"add","path":"/data/${name}","value":"v"}]`,
      '',
    ],
    [
      'application/apply-patch+yaml',
      body(map('m'), 'data', name, 'v'),
      '?fieldManager=f&force=true',
    ],
  ])('is set by %s, owned by its manager and taken out again', async (type, sent, query) => {
    await api.send('POST', MAPS, { body: map('m') });
    const patched = await api.send('PATCH', `${MAPS}/m${query}`, {
      body: sent,
      headers: { 'content-type': type },
    });
    expect(patched.status).toBe(200);
    has(patched.text, 'v');
    expect(patched.text).toContain(`"f:${name}":{}`);
    const [gone, last] = type.includes('apply')
      ? [JSON.stringify(map('m')), query]
      : type.includes('json-patch')
        ? [`[{"op":"remove","path":"/data/${name}"}]`, '']
        : [`{"data":{"${name}":null}}`, ''];
    const left = await api.send('PATCH', `${MAPS}/m${last}`, {
      body: gone,
      headers: { 'content-type': type },
    });
    expect(left.text).not.toContain(name);
  });
});

describe.each(LABELS)('the name %s', (name) => {
  it('selects only objects that have the label', async () => {
    await api.send('POST', MAPS, {
      body: { ...map('with'), metadata: { name: 'with', labels: { [name]: 'x' } } },
    });
    await api.send('POST', MAPS, {
      body: { ...map('other'), metadata: { name: 'other', labels: { a: 'b' } } },
    });
    const names = async (selector: string) =>
      (await api.send('GET', `${MAPS}?labelSelector=${encodeURIComponent(selector)}`)).body['items']
        .map((item: { metadata: { name: string } }) => item.metadata.name)
        .filter((found: string) => !found.startsWith('kube-'));
    expect(await names(name)).toEqual(['with']);
    expect(await names(`!${name}`)).toEqual(['other']);
    expect(await names(`${name} notin (y)`)).toEqual(['other', 'with']);
  });

  it('is a label and an annotation that can be kept', async () => {
    const made = await api.send('POST', MAPS, {
      body: {
        ...map('m'),
        metadata: { name: 'm', labels: { [name]: 'x' }, annotations: { [name]: 'y' } },
      },
    });
    expect(made.body['metadata']).toMatchObject({
      labels: { [name]: 'x' },
      annotations: { [name]: 'y' },
    });
  });
});

describe.each(NAMES)('%s', (name) => {
  it('is no field to select by', async () => {
    expect((await api.send('GET', `${NAMESPACE}/pods?fieldSelector=${name}%3Dx`)).status).toBe(400);
    expect(() => parseFieldSelector(`${name}=x`, { own: true, fields: {} }, true)).toThrow(
      'field label not supported',
    );
  });

  it('is no field that a pod has', async () => {
    const text = JSON.stringify(pod('p')).replace(/}$/, `,"${name}":{"a":1}}`);
    const warned = await api.send('POST', `${NAMESPACE}/pods`, { body: text });
    expect([warned.status, warned.headers.get('warning')]).toEqual([
      201,
      `299 - "unknown field \\"${name}\\""`,
    ]);
    expect(
      (
        await api.send('POST', `${NAMESPACE}/pods?fieldValidation=Strict`, {
          body: text.replace('"p"', '"q"'),
        })
      ).status,
    ).toBe(400);
  });

  it('is no resource, no subresource and no kind', async () => {
    expect((await api.send('GET', `${NAMESPACE}/${name}`)).status).toBe(404);
    expect((await api.send('GET', `${NAMESPACE}/pods/p/${name}`)).status).toBe(404);
    expect((await api.send('POST', MAPS, { body: { ...map('m'), kind: name } })).status).toBe(400);
  });
});

describe.each(NAMES)('an environment with the key %s', (name) => {
  const context = (data?: unknown): EnvContext =>
    ({
      configMap: () =>
        ({ metadata: {}, ...(data === undefined ? { data: {} } : { data }) }) as ConfigMap,
      secret: () => ({ metadata: {}, data: {} }) as unknown as Secret,
      services: [],
      apiHost: '10.0.0.1',
      apiPort: 443,
      nodeName: 'n',
      podIP: '',
      podIPs: [],
      hostIP: '',
      hostIPs: [],
    }) as unknown as EnvContext;
  const env = (variable: object, given: EnvContext) => {
    const container = { name: 'c', env: [variable] } as never;
    return specEnvironment(
      {
        metadata: { name: 'p', namespace: 'default' },
        spec: { containers: [container] },
      } as unknown as Pod,
      container,
      given,
    );
  };

  it('finds nothing where the object has no such key', () => {
    expect(
      env({ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: name } } }, context()),
    ).toEqual({ error: `couldn't find key ${name} in Secret default/s` });
    expect(
      env({ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: name } } }, context()),
    ).toEqual({ error: `couldn't find key ${name} in ConfigMap default/m` });
  });

  it('finds the key where there is one, and may be a variable itself', () => {
    const found = env(
      { name, valueFrom: { configMapKeyRef: { name: 'm', key: name } } },
      context(json(name, 'v')),
    );
    expect('env' in found && found.env.get(name)).toBe('v');
  });
});

describe('a container of such a name', () => {
  it.each(['constructor', 'tostring', 'valueof'])('%s starts as any other', async (name) => {
    const made = await api.send('POST', `${NAMESPACE}/pods`, {
      body: pod('p', {
        containers: [{ name, image: 'busybox:1', volumeMounts: [{ name, mountPath: '/v' }] }],
        volumes: [{ name, emptyDir: {} }],
      }),
    });
    expect(made.status).toBe(201);
    const { uid } = made.body['metadata'] as { uid: string };
    const input = {
      uid,
      generation: 1,
      container: name,
      run: 1,
      token: 't',
      enteredAt: '2026-01-01T00:00:00Z',
      retryCount: 0,
    };
    await startContainer(api.ports, input);
    const stored = await api.ports.store.getRecord(recordKey(uid));
    const { observed, tokens } = toRecord(stored!.value);
    expect([
      Object.keys(observed.containers),
      own(observed.containers, name)?.desiredRun,
      own(tokens, name)?.token,
    ]).toEqual([[name], 1, 't']);
  });
});

describe('own members', () => {
  it('are found and set under every name, inherited ones are not', () => {
    for (const name of NAMES) {
      const record: Record<string, number> = {};
      expect(own(record, name)).toBeUndefined();
      setOwn(record, name, 1);
      expect([own(record, name), Object.keys(record)]).toEqual([1, [name]]);
    }
    expect(own(undefined, 'a')).toBeUndefined();
  });
});
