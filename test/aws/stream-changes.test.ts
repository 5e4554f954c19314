// The table's stream in Lambda's form, from the store's writes.
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import { streamChanges } from '../../src/aws/stream-changes.ts';
import { wakes } from '../../src/owners/wakes.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import type { Item, TableWrite } from '../../src/store/table.ts';
import { randomIds } from '../../src/aws/ids.ts';
import { systemClock } from '../../src/system-clock.ts';
import { localTable } from '../contract/store-subjects.ts';

/** Bytes travel as base64. */
const asJson = (image: unknown): unknown =>
  JSON.parse(JSON.stringify(image), (_key, value: unknown) => {
    const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
    return type === 'Buffer' ? Buffer.from(data ?? []).toString('base64') : value;
  });

it('brings what was written, small, compressed and deleted, marked where it wakes somebody', async () => {
  const { table, close } = await localTable();
  const lines: Item[] = [];
  const noted = {
    ...table,
    transact: (writes: TableWrite[]) => {
      for (const write of writes)
        if ('put' in write && write.put.pk.startsWith('l/')) lines.push(write.put);
      return table.transact(writes);
    },
  };
  const store = dynamoStore({
    table: noted,
    clock: systemClock,
    ids: randomIds,
    random: Math.random,
    wakes,
  });
  const commit = (name: string, resource: string, more: object, metadata: object = {}) =>
    store.commit({
      object: {
        key: { resource, namespace: 'default', name },
        object: { metadata: { name, namespace: 'default', uid: name, ...metadata }, ...more },
        expected: 'absent',
      },
    });
  await commit('set', 'replicasets.apps', { spec: { replicas: 2 } });
  await commit('large', 'configmaps', { data: { text: 'x'.repeat(20_000) } });
  await commit('free', 'pods', {});
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set', uid: 'set' };
  await commit('owned', 'pods', {}, { ownerReferences: [owner] });
  const records = lines.map((line) => ({
    eventName: 'INSERT',
    dynamodb: { NewImage: asJson(marshall(line, { removeUndefinedValues: true })) },
  }));
  const changes = await streamChanges(table, records);
  expect(changes.map(({ type, key, object }) => [type, key.name, object.metadata.uid])).toEqual([
    ['ADDED', 'set', 'set'],
    ['ADDED', 'large', 'large'],
    ['ADDED', 'free', 'free'],
    ['ADDED', 'owned', 'owned'],
  ]);
  expect((changes[1]!.object['data'] as { text: string }).text).toHaveLength(20_000);
  expect(lines.map(({ wakes: wake }) => wake)).toEqual([true, undefined, undefined, true]);
  await close();
});
