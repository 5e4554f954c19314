// The hashes in the names of sets and revisions.
import { describe, expect, it } from 'vitest';
import { fnv1, fnv1a, safeText, templateHash } from '../../src/workloads/hash.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('hashes in names', () => {
  // The published vectors of FNV (Noll).
  it.each([
    ['', 0x811c9dc5, 0x811c9dc5],
    ['a', 0xe40c292c, 0x050c5d7e],
    ['foobar', 0xbf9cf968, 0x31f0b262],
  ])('FNV-1a and FNV-1 of %j', (text, a, one) =>
    expect([fnv1a(bytes(text)), fnv1(bytes(text))]).toEqual([a, one]),
  );

  it('are written without vowels and without 0, 1 and 3', () =>
    expect(safeText(1234567890)).toBe('56789bcdf4'));

  it('do not depend on the order of members', () =>
    expect(templateHash({ a: 1, b: { c: 2, d: 3 } })).toBe(
      templateHash({ b: { d: 3, c: 2 }, a: 1 }),
    ));

  it('differ by the count of collisions', () => {
    const hashes = [undefined, 0, 1, 2].map((count) => templateHash({ a: 1 }, count));
    expect(new Set(hashes).size).toBe(4);
    for (const hash of hashes) expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
});
