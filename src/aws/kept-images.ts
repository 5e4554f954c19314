// Keeps known images in the installation's table for a while, so that all functions share them.
import { createHash } from 'node:crypto';
import type { KeptImages } from '../images/image-memory.ts';
import type { Clock } from '../ports/clock.ts';
import { imageItem } from '../store/layout.ts';
import type { Table } from '../store/table.ts';

/** Contents never change; the limit only makes old images expire. */
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** One item per image, which the table's TTL deletes. */
export function tableImages(table: Table, clock: Pick<Clock, 'now'>): KeptImages {
  const itemOf = (key: string) => imageItem(createHash('sha256').update(key).digest('hex'));
  return {
    async get(key) {
      const item = await table.get(itemOf(key));
      return typeof item?.val === 'string' ? item.val : undefined;
    },
    async put(key, text) {
      const expires = Math.floor((clock.now().getTime() + KEPT_MS) / 1000);
      await table.update(itemOf(key), 'SET val = :val, expires = :expires', {
        ':val': text,
        ':expires': expires,
      });
    },
  };
}
