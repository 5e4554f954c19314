// A small client of handle() for tests: no socket, virtual clock, the admin's token.
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { handle } from '../../src/api/handler.ts';
import { recordKey, toJson, toRecord } from '../../src/steps/pod/record-for.ts';
import type { ResourceVersion, TaskArn } from '../../src/ports/identity.ts';
import type { Settings } from '../../src/ports/settings.ts';
import { present } from '../../src/present.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { fakePorts } from '../fakes/ports.ts';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // Tests read responses without types.
  body: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  /** undefined: the admin's token; '': no credentials. */
  token?: string;
}

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
export const NAMESPACE = '/api/v1/namespaces/default';

/** A pod with one container. */
export const pod = (
  name: string,
  fields: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'busybox:1' }], ...fields },
});

/** Builds a Request as a client would. */
export function requestOf(
  method: string,
  path: string,
  { body, headers = {}, token = 'secret' }: Options = {},
): Request {
  const text =
    body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Request(`https://api${path}`, {
    method,
    headers: {
      ...present({
        authorization: token ? `Bearer ${token}` : undefined,
        'content-type': text === undefined ? undefined : 'application/json',
      }),
      ...headers,
    },
    ...present({ body: text }),
  });
}

/** A new API with the objects that every cluster has. */
export async function createApi(settings: Partial<Settings> = {}) {
  const ports = fakePorts({ settings: { adminToken: 'secret', caPem: 'PEM', ...settings } });
  await bootstrapObjects(ports);
  const open = (method: string, path: string, options?: Options): Promise<Response> =>
    handle(ports, requestOf(method, path, options));
  const send = async (method: string, path: string, options?: Options): Promise<Reply> => {
    const response = await open(method, path, options);
    const text = await response.text();
    let body = {};
    try {
      body = JSON.parse(text) as object;
    } catch {
      // Streams and texts are not JSON.
    }
    return { status: response.status, headers: response.headers, text, body };
  };
  return { ports, open, send };
}

/** Puts a pod on a node and gives its record a task, as bind and launch do; `known` is part of its status and its record from then on. */
export async function place(
  { ports }: Awaited<ReturnType<typeof createApi>>,
  namespace: string,
  name: string,
  known: { status?: object; record?: Partial<PodRecord> } = {},
): Promise<void> {
  const key = { resource: 'pods', namespace, name };
  const object = (await ports.store.get(key))!;
  const { resourceVersion, ...metadata } = object.metadata;
  const stored = (await ports.store.getRecord(recordKey(metadata.uid!)))!;
  const record = {
    ...toRecord(stored.value),
    task: { attempt: 1, arn: 'arn:task/1' as TaskArn },
    ...known.record,
  };
  await ports.store.commit({
    object: {
      key,
      object: {
        ...object,
        metadata,
        spec: { ...(object['spec'] as object), nodeName: 'n1' },
        ...present({ status: known.status }),
      },
      expected: resourceVersion as ResourceVersion,
    },
    records: [{ key: stored.key, value: toJson(record), expected: stored.revision }],
  });
}

/** The events of a finished watch. */
export const eventsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; object: Record<string, any> }); // eslint-disable-line @typescript-eslint/no-explicit-any
