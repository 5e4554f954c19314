// PriorityClass and RuntimeClass: their rules, and their effect on pods.
import { beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE, TABLE, createApi, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const PRIORITIES = '/apis/scheduling.k8s.io/v1/priorityclasses';
const RUNTIMES = '/apis/node.k8s.io/v1/runtimeclasses';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const priority = (name: string, fields: object) =>
  api.send('POST', PRIORITIES, {
    body: {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      ...fields,
    },
  });
const runtime = (name: string, fields: object) =>
  api.send('POST', RUNTIMES, {
    body: { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, ...fields },
  });
const create = (fields: object) =>
  api.send('POST', `${NAMESPACE}/pods?dryRun=All`, { body: pod('p', fields as never) });

describe('PriorityClass', () => {
  it.each([
    [
      'above what users may take',
      'x',
      { value: 1_000_000_001 },
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ],
    [
      'of the system',
      'system-x',
      { value: 1 },
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
    ],
    [
      'of an unknown policy',
      'x',
      { value: 1, preemptionPolicy: 'Maybe' },
      'preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"',
    ],
  ])('refuses one %s', async (_name, name, fields, problem) => {
    const { status, body } = await priority(name, fields);
    expect(status).toBe(422);
    expect(body['message']).toContain(problem);
  });

  it('keeps its value and policy', async () => {
    await priority('x', { value: 5 });
    const patch = async (body: object) =>
      (await api.send('PATCH', `${PRIORITIES}/x`, { body, headers: MERGE })).body[
        'message'
      ] as string;
    expect(await patch({ value: 6 })).toContain(
      'value: Forbidden: may not be changed in an update.',
    );
    expect(await patch({ preemptionPolicy: 'Never' })).toContain('field is immutable');
    expect(await patch({ description: 'd' })).toBeUndefined();
  });

  it('one default gives its name and value to pods that name none; a second is refused', async () => {
    await priority('usual', { value: 7, globalDefault: true });
    expect((await create({})).body['spec']).toMatchObject({
      priority: 7,
      priorityClassName: 'usual',
    });
    const { status, body } = await priority('second', { value: 8, globalDefault: true });
    expect([status, body['message']]).toEqual([
      403,
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    ]);
  });

  it('shows its value', async () => {
    const { body } = await api.send('GET', PRIORITIES, { headers: { accept: TABLE } });
    const [row] = body['rows'] as { cells: unknown[] }[];
    expect(row?.cells.slice(0, 3)).toEqual(['system-cluster-critical', 2_000_000_000, false]);
  });
});

describe('RuntimeClass', () => {
  const small = {
    handler: 'small',
    overhead: { podFixed: { cpu: '10m', memory: '8Mi' } },
    scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
  };

  it('names a handler for good', async () => {
    expect((await runtime('x', { handler: 'Not Valid' })).status).toBe(422);
    await runtime('x', { handler: 'one' });
    const { body } = await api.send('PATCH', `${RUNTIMES}/x`, {
      body: { handler: 'two' },
      headers: MERGE,
    });
    expect(body['message']).toContain('handler: Invalid value: "two": field is immutable');
  });

  it('gives overhead, node selector and tolerations to its pods, with a warning about the handler', async () => {
    await runtime('small', small);
    const { body, headers } = await create({ runtimeClassName: 'small' });
    expect(body['spec']).toMatchObject({
      overhead: { cpu: '10m', memory: '8Mi' },
      nodeSelector: { a: 'b' },
    });
    expect(body['spec'].tolerations.at(-1)).toEqual({ key: 'k', operator: 'Exists' });
    expect(headers.get('warning')).toContain('spec.runtimeClassName');
  });

  it.each([
    [
      { nodeSelector: { a: 'c' } },
      'conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = c',
    ],
    [
      { overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
  ])('refuses a pod that contradicts it: %j', async (fields, why) => {
    await runtime('small', small);
    const { status, body } = await create({ runtimeClassName: 'small', ...fields });
    expect([status, body['message']]).toEqual([403, `pods "p" is forbidden: ${why}`]);
  });
});
