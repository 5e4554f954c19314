// An open stream stays affordable: the price in docs/aws.md is calculated again from counted reads.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WATCH_MEMORY_MIB } from '../../cdk/choices.ts';
import { idleReads, pricePerDay } from '../bench/stream-price.ts';

const GOAL = 0.3;
const through = 'CloudFront';

it('an open watch or a followed log costs no more than 30 cents a day, and the documents say how much', async () => {
  const reads = await idleReads();
  // One a second, and a few more when a stream begins.
  expect(reads.watch).toBeLessThan(1.1);
  const prices = {
    watch: pricePerDay({ memoryMiB: WATCH_MEMORY_MIB, readUnitsPerSecond: reads.watch, through }),
    log: pricePerDay({
      memoryMiB: WATCH_MEMORY_MIB,
      readUnitsPerSecond: reads.followedLog,
      through,
    }),
    inApi: pricePerDay({ memoryMiB: 1024, readUnitsPerSecond: reads.watch }),
    smallApi: pricePerDay({ memoryMiB: 256, readUnitsPerSecond: reads.watch }),
  };
  expect(prices.watch).toBeLessThanOrEqual(GOAL);
  expect(prices.log).toBeLessThanOrEqual(GOAL);
  const page = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8');
  for (const price of Object.values(prices)) expect(page).toContain(`$${price.toFixed(2)}`);
});
