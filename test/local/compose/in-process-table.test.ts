// The store's table without the SDK stores and refuses the same as with it, and passes faults to the SDK, which retries.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessTable } from '../../../local/compose/in-process-table.ts';
import type { Item, Table, TableWrite } from '../../../src/store/table.ts';
import { inProcess } from '../../contract/store-subjects.ts';

const ITEM: Item = {
  pk: 'o/pods',
  sk: 'default/a',
  text: 'ä\u2028',
  whole: 7,
  broken: 1.5,
  yes: true,
  nothing: null,
  bytes: new Uint8Array([0, 255, 7]),
  listed: ['x', 1, [false]],
  nested: { gz: new Uint8Array([1]), left: undefined, deep: { json: '{}' } },
};

const plain = (item: Item | undefined): unknown =>
  JSON.parse(
    JSON.stringify(item, (_, value: unknown) =>
      value instanceof Uint8Array || (value as { type?: string } | null)?.type === 'Buffer'
        ? Buffer.from(value as Uint8Array).toString('hex')
        : value,
    ),
  );

let subject: Awaited<ReturnType<typeof inProcess>>;
beforeAll(async () => {
  subject = await inProcess();
  await subject.table.transact([{ put: ITEM }]);
});
afterAll(() => subject.close());

describe('the table of the same process', () => {
  it('stores what the SDK reads, and reads what the SDK stores', async () => {
    const { table, sdk } = subject;
    expect(await table.transact([{ put: ITEM }])).toBe('written');
    expect(await sdk.transact([{ put: { ...ITEM, sk: 'default/b' } }])).toBe('written');
    const key = { pk: ITEM.pk, sk: 'default/a' };
    expect(plain(await sdk.get(key))).toEqual(plain(await table.get(key)));
    expect(plain(await table.get({ ...key, sk: 'default/b' }))).toEqual(
      plain(await sdk.get({ ...key, sk: 'default/b' })),
    );
    expect(plain(await table.get(key))).toMatchObject({ whole: 7, broken: 1.5, nothing: null });
  });

  it('reads pages, batches and updates like the SDK', async () => {
    const { table, sdk } = subject;
    const keys = [
      { pk: ITEM.pk, sk: 'default/a' },
      { pk: ITEM.pk, sk: 'nowhere' },
    ];
    const query = { pk: ITEM.pk, from: ' ', to: '\uffff', limit: 1 };
    for (const one of [table, sdk]) {
      expect((await one.batchGet(keys)).map(({ sk }) => sk)).toEqual(['default/a']);
      const { items, next } = await one.query(query);
      expect([items.map(({ sk }) => sk), next]).toEqual([['default/a'], 'default/a\u0000']);
    }
    await table.update({ pk: 'counter', sk: '-' }, 'ADD num :n', { ':n': 2 });
    expect(await sdk.update({ pk: 'counter', sk: '-' }, 'ADD num :n', { ':n': 3 })).toEqual(
      await table.get({ pk: 'counter', sk: '-' }),
    );
  });

  it.each<[string, TableWrite[], string[]]>([
    [
      'a single write',
      [{ put: ITEM, condition: { expression: 'attribute_not_exists(pk)' } }],
      ['ConditionalCheckFailed'],
    ],
    [
      'one write of several',
      [
        { put: { pk: 'o/pods', sk: 'default/c' } },
        {
          remove: { pk: 'o/pods', sk: 'default/a' },
          condition: { expression: 'whole = :whole', values: { ':whole': 8 } },
        },
      ],
      ['None', 'ConditionalCheckFailed'],
    ],
  ])('a refusal of %s is an answer that the SDK is not asked for', async (_, writes, reasons) => {
    const { table, sdk, retries } = subject;
    const before = retries();
    expect(await table.transact(writes)).toEqual(reasons);
    expect(retries()).toBe(before);
    expect(await sdk.transact(writes)).toEqual(reasons);
    expect(await table.get({ pk: 'o/pods', sk: 'default/c' })).toBeUndefined();
  });

  it('what fails otherwise is repeated by the SDK', async () => {
    const failing = { call: () => Promise.reject(new Error('no space left')) };
    const table: Table = inProcessTable(failing, 'droppod', subject.sdk);
    expect(await table.transact([{ put: { pk: 'o/pods', sk: 'default/d' } }])).toBe('written');
    expect(await table.get({ pk: 'o/pods', sk: 'default/d' })).toMatchObject({ sk: 'default/d' });
    expect(await table.batchGet([{ pk: 'o/pods', sk: 'default/d' }])).toHaveLength(1);
  });
});
