// The container's socket from inside the container: its own processes may send anything there, in any size, and often.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerSockets } from '../../../podlet/containers.ts';
import type { FromSupervise } from '../../../podlet/messages.ts';
import { listen as listenAt } from '../listen.ts';
import { until } from '../until.ts';
import { parseMessage } from '../../../podlet/parse-message.ts';

let directory: string;
let sockets: ContainerSockets;
let taken: FromSupervise[];
let gone: string[];
const clients: Socket[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-sockets-'));
  sockets = new ContainerSockets(listenAt);
  sockets.open(directory, 'app');
  [taken, gone] = [[], []];
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  sockets.close();
  rmSync(directory, { recursive: true });
});

/** What comes late is still the test's that listened. */
function listen(): void {
  const [own, left] = [taken, gone];
  sockets.listen(
    (_container, message) => own.push(message),
    (container) => left.push(container),
  );
}

async function dial(): Promise<{ client: Socket; closed: Promise<void> }> {
  const client = connect(join(directory, 'app/sock')).on('error', () => undefined);
  clients.push(client);
  const closed = new Promise<void>((resolve) => client.on('close', () => resolve()));
  await new Promise((resolve) => client.once('connect', resolve));
  return { client, closed };
}

const HELLO = { type: 'hello', run: 0, pid: 0 };
const line = (message: unknown): string => `${JSON.stringify(message)}\n`;

/** Resolves with the next pong: everything before it was processed. */
async function settled(client: Socket): Promise<void> {
  const pongs = (): number => taken.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  client.write(line({ type: 'pong' }));
  await until(() => pongs() > before, 'the pong is there');
}

describe('a connection', () => {
  it('whose first line never ends is closed, sent whole or byte by byte', async () => {
    listen();
    const { client, closed } = await dial();
    client.write('y'.repeat(200_000));
    await closed;
    const slow = await dial();
    for (let bytes = 0; bytes < 3_000; bytes += 1) slow.client.write('y');
    slow.client.write('y'.repeat(70_000));
    await slow.closed;
    expect(taken).toEqual([]);
  });

  it.each([
    ['garbage', 'hello\n'],
    ['a list', '[]\n'],
    ['null', 'null\n'],
    ['no hello', line({ type: 'exited', run: 1, code: 0, at: '2026-01-01T00:00:00Z' })],
    ['an unknown kind', line({ type: 'x' })],
  ])('that begins with %s is closed', async (_what, text) => {
    listen();
    const { client, closed } = await dial();
    client.write(text);
    await closed;
    expect(taken).toEqual([]);
  });

  it('that is named lets unknown kinds pass, and ends at a line of more than 1 MiB', async () => {
    listen();
    const { client, closed } = await dial();
    client.write(line(HELLO) + line({ type: 'news', text: 'x' }));
    await settled(client);
    expect(taken.map(({ type }) => type)).toEqual(['hello', 'pong']);
    client.write('y'.repeat(2 * 1024 * 1024));
    await closed;
    await until(() => gone.length > 0, 'it is gone');
    expect(gone).toEqual(['app']);
  });

  it('of many that say nothing makes room: the supervisor still gets in', async () => {
    listen();
    for (let count = 0; count < 120; count += 1) await dial();
    const { client } = await dial();
    client.write(line(HELLO));
    await settled(client);
    expect(taken.map(({ type }) => type)).toContain('hello');
  });

  it('keeps what it says until somebody listens, unread', async () => {
    const { client } = await dial();
    client.write(line(HELLO) + line({ type: 'pong' }).repeat(100_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    listen();
    await settled(client);
    expect(taken[0]?.type).toBe('hello');
  });

  it('that reads no orders is cut off before they pile up', async () => {
    listen();
    const { client, closed } = await dial();
    client.write(line(HELLO));
    await settled(client);
    client.pause();
    for (let count = 0; count < 100; count += 1)
      sockets.send('app', { type: 'kill', signal: 'y'.repeat(1024 * 1024) });
    client.resume();
    await closed;
    await until(() => gone.length > 0, 'it is gone');
    expect(gone).toEqual(['app']);
  });

  it('whose peer goes without having read its orders is gone', async () => {
    listen();
    const { client } = await dial();
    client.write(line(HELLO));
    await settled(client);
    client.pause();
    for (let count = 0; count < 3; count += 1)
      sockets.send('app', { type: 'kill', signal: 'y'.repeat(200 * 1024) });
    client.destroy();
    await until(() => gone.length > 0, 'it is gone');
    expect(gone).toEqual(['app']);
  });

  it('that is read late gives what was said before its end', async () => {
    const { client } = await dial();
    client.end(line(HELLO) + line({ type: 'pong' }).repeat(10_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    listen();
    await until(() => gone.length > 0, 'it is gone');
    expect(taken).toHaveLength(10_001);
  });
});

describe('a message', () => {
  const at = '2026-01-01T00:00:00.000000Z';
  const exit = { type: 'exited', run: 1, code: 0, oom: false, at };
  it.each([
    ['an exit code beyond a byte', { ...exit, code: 256 }],
    ['a code below nought', { ...exit, code: -1 }],
    ['a code of 99999999999', { ...exit, code: 99999999999 }],
    ['half a code', { ...exit, code: 0.5 }],
    ['a run that is no number', { ...exit, run: '1' }],
    ['a run beyond counting', { ...exit, run: 2 ** 53 }],
    ['no time', { ...exit, at: undefined }],
    ['a time that is none', { ...exit, at: 'yesterday' }],
    ['a time of another form', { ...exit, at: 'Thu, 01 Jan 2026 00:00:00 GMT' }],
    ['the year 99999', { ...exit, at: '+099999-01-01T00:00:00Z' }],
    ['day 99', { ...exit, at: '2026-01-99T00:00:00Z' }],
    ['no run', { type: 'hello', pid: 1 }],
    ["a pid beyond the kernel's", { ...HELLO, pid: 2 ** 40 }],
    ['a start without a time', { type: 'started', run: 1, pid: 1 }],
    ['an end of nothing', { type: 'done', code: 0 }],
    ['a stream of no name', { type: 'stream' }],
    ['a stream of a long name', { type: 'stream', id: 'y'.repeat(1_000) }],
    ['a term of nothing', { type: 'term' }],
    ['no kind', {}],
    ['a kind that is no text', { type: 7 }],
  ])("with %s is nobody's", (_what, message) =>
    expect(parseMessage(JSON.stringify(message))).toBeUndefined(),
  );

  it('about what a run left behind are bounded', () => {
    const paths = [...Array.from({ length: 40 }, () => 'x'.repeat(10_000)), 7];
    expect(
      parseMessage(JSON.stringify({ type: 'leftover', run: 2, paths: ['/a', 7], more: 3 })),
    ).toEqual({ type: 'leftover', run: 2, paths: ['/a'], more: 3 });
    expect(
      JSON.stringify(parseMessage(JSON.stringify({ type: 'leftover', run: 2, paths, more: -1 })))
        .length,
    ).toBeLessThan(80_000);
    expect(
      parseMessage(JSON.stringify({ type: 'leftover', run: 2, paths: 'x', more: 3 })),
    ).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'of the kind %s is one that nobody knows',
    (type) => expect(parseMessage(JSON.stringify({ type }))).toBe('unknown'),
  );

  it('keeps what is right and drops what is not', () => {
    expect(
      parseMessage(
        JSON.stringify({
          ...exit,
          startedAt: 'x',
          message: 'é'.repeat(3_000),
          startError: 7,
          extra: {},
        }),
      ),
    ).toEqual({ type: 'exited', run: 1, code: 0, oom: false, at, message: 'é'.repeat(2_048) });
    expect(
      parseMessage(
        JSON.stringify({
          ...HELLO,
          exit: { ...exit, code: 999 },
          term: '',
          user: { uid: -1, gid: 0, groups: [] },
        }),
      ),
    ).toEqual(HELLO);
    expect(
      parseMessage(JSON.stringify({ ...HELLO, user: { uid: 1, gid: 2, groups: [3, 'x', -1, 4] } })),
    ).toEqual({ ...HELLO, user: { uid: 1, gid: 2, groups: [3, 4] } });
    expect(
      parseMessage(
        JSON.stringify({ type: 'done', id: 'x1', code: 1, timedOut: 'no', output: '%%%' }),
      ),
    ).toEqual({ type: 'done', id: 'x1', code: 1, timedOut: false, output: '' });
  });
});
