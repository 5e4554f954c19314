// A container's log as lines: frames, pieces of long lines, terminals.
import { describe, expect, it } from 'vitest';
import { logLines } from '../../../local/docker/logs.ts';

const TIME = '2026-01-02T03:04:05.000000001Z';
const frame = (stream: 1 | 2, text: string | Buffer, time = TIME): Buffer => {
  const payload = Buffer.concat([Buffer.from(`${time} `), Buffer.from(text)]);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};
async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}
const read = async (bytes: Buffer, { size = 7, terminal = false, cut = false } = {}) => {
  const lines: { stream: string; text: string; time: string }[] = [];
  for await (const line of logLines({ bytes: chunks(bytes, size), terminal, cut }))
    lines.push({
      stream: line.stream,
      text: Buffer.from(line.bytes).toString('latin1'),
      time: line.time,
    });
  return lines;
};
const piece = 'x'.repeat(16_384);

describe('logLines', () => {
  it.each([1, 3, 8, 1000])(
    'takes frames apart whatever the chunks (%i bytes each)',
    async (size) => {
      const lines = await read(
        Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, '\n')]),
        { size },
      );
      expect(lines).toEqual([
        { stream: 'stdout', text: 'one\n', time: TIME },
        { stream: 'stderr', text: 'two\n', time: TIME },
        { stream: 'stdout', text: '\n', time: TIME },
      ]);
    },
  );

  it('keeps bytes that are no UTF-8', async () => {
    expect((await read(frame(1, Buffer.from([0xff, 0xfe, 0x0a]))))[0]?.text).toBe('\xff\xfe\n');
  });

  it.each([
    ['with its newline', 'end\n', `${piece}${piece}end\n`],
    ['whose newline the engine dropped', 'end', `${piece}${piece}end\n`],
  ])('joins the pieces of a long line %s, per stream', async (_name, last, text) => {
    const lines = await read(
      Buffer.concat([
        frame(1, piece),
        frame(2, 'between\n'),
        frame(1, piece, 'later'),
        frame(1, last, 'later'),
        frame(1, 'next\n'),
      ]),
      { size: 4096 },
    );
    expect(lines).toEqual([
      { stream: 'stderr', text: 'between\n', time: TIME },
      { stream: 'stdout', text, time: TIME },
      { stream: 'stdout', text: 'next\n', time: TIME },
    ]);
  });

  it('gives a last line without newline as it is, unless the log goes on elsewhere', async () => {
    expect((await read(frame(1, 'no end'))).map(({ text }) => text)).toEqual(['no end']);
    expect(await read(frame(1, 'no end'), { cut: true })).toEqual([]);
  });

  it('hands a line without end on in parts, its last bytes together', async () => {
    const count = 200;
    const marked = '\x1enonce 2\n';
    const frames = await read(
      Buffer.concat([...Array.from({ length: count }, () => frame(1, piece)), frame(1, marked)]),
      { size: 65_536 },
    );
    const text = `${piece.repeat(count)}${marked}`;
    expect([
      frames.map((line) => line.text).join('') === text,
      frames.length > 1,
      frames.at(-1)?.text.endsWith(marked),
    ]).toEqual([true, true, true]);
    expect(Math.max(...frames.map((line) => line.text.length))).toBeLessThan(2 * 1024 * 1024);
    const terminal = await read(Buffer.from(`${TIME} ${text}`), { size: 65_536, terminal: true });
    expect([
      terminal.map((line) => line.text).join('') === text,
      terminal.length > 1,
      terminal.every(({ time }) => time === TIME),
    ]).toEqual([true, true, true]);
  });

  it('reads a terminal log without frames', async () => {
    expect(await read(Buffer.from(`${TIME} a\r\n${TIME} b`), { terminal: true })).toEqual([
      { stream: 'stdout', text: 'a\r\n', time: TIME },
      { stream: 'stdout', text: 'b', time: TIME },
    ]);
  });
});
