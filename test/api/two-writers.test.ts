// Concurrent patches by many writers: each is applied completely and once, in some order, and none is refused because of another.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { handle } from '../../src/api/handler.ts';
import type { Subject } from '../contract/store-subjects.ts';
import { subjects } from '../contract/store-subjects.ts';
import { fakePorts } from '../fakes/ports.ts';
import { NAMESPACE, requestOf } from './client.ts';

const WRITERS = 6;
const PATCHES = 8;
/** A writer that lost five times in a row gets 409 and retries. */
const MOST_ATTEMPTS = 100;
const LONGEST_MS = 120_000;
const MAP = `${NAMESPACE}/configmaps/m`;
const PAIR = ['droppod.dev/first', 'droppod.dev/second'];

interface Stored {
  metadata: {
    resourceVersion: string;
    finalizers?: string[];
    managedFields?: { manager: string }[];
  };
  data?: Record<string, string>;
}

const KINDS: [name: string, type: string, patchOf: (key: string) => unknown][] = [
  [
    'json',
    'application/json-patch+json',
    (key) => [
      { op: 'add', path: '/metadata/finalizers', value: PAIR.slice(0, 1) },
      { op: 'add', path: '/metadata/finalizers/-', value: PAIR[1] },
      { op: 'add', path: `/data/${key}`, value: 'x' },
    ],
  ],
  [
    'merge',
    'application/merge-patch+json',
    (key) => ({ metadata: { finalizers: PAIR }, data: { [key]: 'x' } }),
  ],
  [
    'strategic merge',
    'application/strategic-merge-patch+json',
    (key) => ({ metadata: { finalizers: PAIR }, data: { [key]: 'x' } }),
  ],
  [
    'apply',
    'application/apply-patch+yaml',
    (key) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'm', finalizers: PAIR },
      data: { [key]: 'x' },
    }),
  ],
];

describe.each(subjects())('on the store %s', (_name, open) => {
  let subject: Subject;
  const ports = () => ({
    ...fakePorts({ settings: { adminToken: 'secret', caPem: 'PEM' } }),
    store: subject.store,
  });
  let send: (
    method: string,
    path: string,
    body: unknown,
    type?: string,
  ) => Promise<{ status: number; object: Stored }>;

  beforeAll(async () => {
    subject = await open();
    const given = ports();
    await bootstrapObjects(given);
    send = async (method, path, body, type = 'application/json') => {
      const response = await handle(
        given,
        requestOf(method, path, { body, headers: { 'content-type': type } }),
      );
      return { status: response.status, object: JSON.parse(await response.text()) as Stored };
    };
  }, LONGEST_MS);
  afterAll(() => subject.close());

  it.each(KINDS)(
    '%s patches equal some order of them',
    async (kind, type, patchOf) => {
      await send('DELETE', MAP, undefined);
      await send('PATCH', MAP, { metadata: { finalizers: null } }, 'application/merge-patch+json');
      const made = await send('POST', `${NAMESPACE}/configmaps`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'm' },
        data: { start: 'x' },
      });
      expect(made.status).toBe(201);
      const answers: { key: string; object: Stored }[] = [];
      const write = async (key: string, manager: string): Promise<void> => {
        for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
          const { status, object } = await send(
            'PATCH',
            `${MAP}?fieldManager=${manager}${kind === 'apply' ? '&force=true' : ''}`,
            patchOf(key),
            type,
          );
          if (status === 409) continue;
          expect(status).toBe(200);
          return void answers.push({ key, object });
        }
        throw new Error('lost too often');
      };
      const keysOf = (writer: number) =>
        Array.from({ length: PATCHES }, (_, index) => `w${writer}-${index}`);
      // What a manager applied before and no longer applies is removed, so every applied key has a manager of its own.
      await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          for (const key of keysOf(writer)) await write(key, kind === 'apply' ? key : `w${writer}`);
        }),
      );
      const inOrder = answers.sort(
        (a, b) =>
          Number(a.object.metadata.resourceVersion) - Number(b.object.metadata.resourceVersion),
      );
      const seen = ['start'];
      for (const { key, object } of inOrder) {
        seen.push(key);
        expect(Object.keys(object.data ?? {}).sort()).toEqual([...seen].sort());
        expect(object.metadata.finalizers).toEqual(PAIR);
      }
      expect(inOrder).toHaveLength(WRITERS * PATCHES);
    },
    LONGEST_MS,
  );
});
