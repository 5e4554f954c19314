// A log's short lines leave the API in few pieces, in order and whole, and nobody reads far ahead of a slow client.
import { expect, it } from 'vitest';
import { gathered } from '../../src/api/subresources/log/gather.ts';

const nothing = (): void => undefined;

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function* lines(count: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let line = 0; line < count; line++) yield await Promise.resolve(bytes(`${line}\n`));
  if (failure) throw failure;
}

async function piecesOf(parts: AsyncGenerator<Uint8Array>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of gathered(parts, nothing)) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

it('a thousand lines are a few pieces', async () => {
  const pieces = await piecesOf(lines(1000));
  expect(pieces.join('')).toBe(Array.from({ length: 1000 }, (_, line) => `${line}\n`).join(''));
  expect(pieces.length).toBeLessThan(20);
});

it('no lines are no piece', async () => {
  expect(await piecesOf(lines(0))).toEqual([]);
});

it('a fault comes after what was read before it', async () => {
  const seen: string[] = [];
  await expect(
    (async () => {
      for await (const piece of gathered(lines(3, new Error('the log is gone')), nothing))
        seen.push(Buffer.from(piece).toString());
    })(),
  ).rejects.toThrow('the log is gone');
  expect(seen.join('')).toBe('0\n1\n2\n');
});

it('a line that stands alone comes at once, and waits for no other', async () => {
  let more = (): void => undefined;
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield bytes('first\n');
    await new Promise<void>((resolve) => {
      more = resolve;
    });
    yield bytes('second\n');
  }
  const pieces = gathered(slow(), nothing);
  expect((await pieces.next()).value).toEqual(bytes('first\n'));
  more();
  expect((await pieces.next()).value).toEqual(bytes('second\n'));
  expect((await pieces.next()).done).toBe(true);
});

it('a client that reads one piece and leaves has read ahead one more at most, and ends its source', async () => {
  let read = 0;
  let ended = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        read += 1024;
        yield await Promise.resolve(Buffer.alloc(1024));
      }
    } finally {
      ended = true;
    }
  }
  const pieces = gathered(endless(), nothing);
  await pieces.next();
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  await pieces.return(undefined);
  expect(ended).toBe(true);
  expect(read).toBeLessThan(256 * 1024);
});
