// What is known of images in the installation's table: one item per image, which the TTL removes.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tableImages } from '../../src/aws/kept-images.ts';
import { imageMemory } from '../../src/images/image-memory.ts';
import { imageItem } from '../../src/store/layout.ts';
import type { Item, Table } from '../../src/store/table.ts';
import { localTable } from '../contract/store-subjects.ts';
import { imageConfig } from '../fakes/ports.ts';

let table: Table;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ table, close } = await localTable());
});
afterAll(() => close());

const clock = { now: () => new Date('2026-01-01T00:00:00Z') };
const image = { facts: imageConfig('busybox'), index: 'sha256:1' };

it('one function reads what another has put, for the same architectures', async () => {
  const memoryOf = (...architectures: string[]) =>
    imageMemory(tableImages(table, clock), architectures);
  const name = `r.example/${'long/'.repeat(600)}app@sha256:1`;
  await memoryOf('amd64').put(name, image);
  expect(await memoryOf('amd64').get(name)).toEqual(image);
  expect(await memoryOf('arm64').get(name)).toBeUndefined();
  expect(await memoryOf('amd64').get(name.replace('r.example', 'other.example'))).toBeUndefined();
});

it('an item expires after thirty days, and is alone in its partition', async () => {
  const seen: Item[] = [];
  const watched: Table = {
    ...table,
    update: async (...write) => {
      const item = await table.update(...write);
      seen.push(item);
      return item;
    },
  };
  await imageMemory(tableImages(watched, clock), ['amd64']).put('a@sha256:1', image);
  expect(seen).toEqual([
    {
      ...imageItem(expect.stringMatching(/^[0-9a-f]{64}$/) as unknown as string),
      pk: expect.stringMatching(/^i\/[0-9a-f]{64}$/),
      val: JSON.stringify(image),
      expires: Date.parse('2026-01-31T00:00:00Z') / 1000,
    },
  ]);
});

it('neither a process nor the table keeps without bounds', async () => {
  const texts: string[] = [];
  const memory = imageMemory(
    {
      get: () => Promise.resolve(undefined),
      put: (_key, text) => Promise.resolve(void texts.push(text)),
    },
    ['amd64'],
  );
  const huge = { ...image, facts: { ...image.facts, env: ['A='.padEnd(40_000, 'x')] } };
  await memory.put('huge', huge);
  expect(texts).toEqual([]);
  expect(await memory.get('huge')).toBeUndefined();
  for (let number = 0; number <= 200; number++) await memory.put(String(number), image);
  expect(await memory.get('0')).toBeUndefined();
  expect(await memory.get('200')).toEqual(image);
});
