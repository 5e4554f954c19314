// Malformed bytes to every door and every kind of upgrade: each is answered or cut off, and others are still served.
import { constants, createDeflate } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPDY_DICTIONARY } from '../../../local/streams/spdy-dictionary.ts';
import {
  controlFrame,
  dataFrame,
  encodeHeaders,
  RST_STREAM,
  SYN_STREAM,
  uint32,
} from '../../../local/streams/spdy-frames.ts';
import {
  connect,
  exchange,
  listenTo,
  openDoors,
  PODS,
  ready,
  spdyHead,
  upgradeHead,
  type OpenDoors,
} from './harness.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const request = (line: string, ...headers: string[]): string =>
  [line, ...headers, 'Connection: close', '', ''].join('\r\n');
const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

describe('request lines and headers', () => {
  it.each([
    [
      'a path of two slashes is a path, which nobody may see',
      request('GET // HTTP/1.1', 'Host: x'),
      403,
    ],
    [
      'a path that looks like a broken address is a path too',
      request('GET //[ HTTP/1.1', 'Host: x'),
      403,
    ],
    ['an absolute form with a user', request('GET http://u:p@x/readyz HTTP/1.1', 'Host: x'), 200],
    ['an absolute form of no host', request('GET http://[/readyz HTTP/1.1', 'Host: x'), 400],
    ['an empty Host', request('GET /readyz HTTP/1.1', 'Host: '), 200],
    ['two of them', request('GET /readyz HTTP/1.1', 'Host: x', 'Host: y'), 400],
    ['no Host', request('GET /readyz HTTP/1.1'), 400],
    ['a Host with a space', request('GET /readyz HTTP/1.1', 'Host: a b'), 400],
    ['a Host with a path', request('GET /readyz HTTP/1.1', 'Host: a/b'), 400],
    ['a Host with a user', request('GET /readyz HTTP/1.1', 'Host: u@a'), 400],
    ['a Host that is no address', request('GET /readyz HTTP/1.1', 'Host: [::'), 400],
    ['TRACE', request('TRACE /api HTTP/1.1', 'Host: x'), 405],
    ['a method that is none', request('FETCH /api HTTP/1.1', 'Host: x'), 400],
    ['an asterisk', request('GET * HTTP/1.1', 'Host: x'), 400],
    ['no HTTP at all', '\x16\x03\x01\x00\r\n\r\n', 400],
    [
      'a length and chunks',
      request('POST /api HTTP/1.1', 'Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked') +
        'abc',
      400,
    ],
    [
      'a length that is no number',
      request('POST /api HTTP/1.1', 'Host: x', 'Content-Length: -1'),
      400,
    ],
    [
      'a chunk without a size',
      request(
        `POST ${PODS} HTTP/1.1`,
        'Host: x',
        'Authorization: Bearer secret',
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ) + 'zz\r\n',
      400,
    ],
    [
      'a header of 64 KiB',
      request('GET /api HTTP/1.1', 'Host: x', `A: ${'a'.repeat(65_536)}`),
      431,
    ],
    ['a header with a NUL', request('GET /api HTTP/1.1', 'Host: x', 'A: \0'), 400],
    ['a name of two dots', request(`DELETE ${PODS}/.. HTTP/1.1`, 'Host: x'), 400],
    ['a name of escaped dots', request(`DELETE ${PODS}/%2e%2E?a=b HTTP/1.1`, 'Host: x'), 400],
    ['a way out of a proxy', request(`GET ${PODS}/one/proxy/..\\..\\.. HTTP/1.1`, 'Host: x'), 400],
    ['dots in a query', request('GET /readyz?a=/../b HTTP/1.1', 'Host: x'), 200],
    ['a broken escape', request('GET /%zz HTTP/1.1', 'Host: x'), 403],
  ])('%s: %#', async (_what, bytes, status) => {
    for (const [port, tls] of [
      [doors.api, true],
      [doors.aws, false],
      [doors.metadata, false],
    ] as const) {
      const { text, open } = await exchange(port, tls, bytes);
      expect(open).toBe(false);
      if (port !== doors.api) continue;
      expect(statusOf(text)).toBe(status);
      if (status !== 200 && !text.includes('required Host'))
        expect(text).toMatch(
          /"kind":"Status"|"kind": "Status"|^HTTP\/1\.1 400 Bad Request\r\nConnection: close/,
        );
    }
    expect(await ready(doors)).toBe(true);
    // A client's nonsense is no fault of the server: none of it is worth a stack trace.
    expect(doors.lines).toEqual([]);
  });
});

function frame(
  opcode: number,
  payload: Buffer,
  {
    fin = true,
    rsv = 0,
    masked = true,
    length,
  }: { fin?: boolean; rsv?: number; masked?: boolean; length?: Buffer } = {},
): Buffer {
  const head = Buffer.from([
    (fin ? 0x80 : 0) | (rsv << 4) | opcode,
    (masked ? 0x80 : 0) | (length ? length[0]! : payload.length),
  ]);
  return Buffer.concat([
    head,
    ...(length ? [length.subarray(1)] : []),
    ...(masked ? [Buffer.alloc(4)] : []),
    payload,
  ]);
}

const LENGTH_64 = (bytes: bigint): Buffer => {
  const length = Buffer.alloc(9);
  length[0] = 127;
  length.writeBigUInt64BE(bytes, 1);
  return length;
};

const FRAMES: [string, Buffer][] = [
  ['not masked', frame(2, Buffer.from('\0abc'), { masked: false })],
  ['a reserved bit', frame(2, Buffer.from('\0abc'), { rsv: 4 })],
  ['an opcode that is none', frame(3, Buffer.from('\0abc'))],
  ['a control opcode that is none', frame(0xb, Buffer.alloc(0))],
  ['a continuation of nothing', frame(0, Buffer.from('\0abc'))],
  ['a ping in pieces', frame(9, Buffer.alloc(0), { fin: false })],
  ['a ping of 126 bytes', frame(9, Buffer.alloc(126), { length: Buffer.from([126, 0, 126]) })],
  ['a length beyond all memory', frame(2, Buffer.alloc(8), { length: LENGTH_64(1n << 62n) })],
  ['a length of 1 GiB', frame(2, Buffer.alloc(8), { length: LENGTH_64(1n << 30n) })],
  ['text that is no UTF-8', frame(1, Buffer.from([0xff, 0xfe]))],
  ['a close of one byte', frame(8, Buffer.from([3]))],
  ['a close code that is none', frame(8, Buffer.from([0, 1]))],
  ['a close reason that is no UTF-8', frame(8, Buffer.from([3, 0xe8, 0xff]))],
  ['half a frame', Buffer.from([0x82])],
  ['an empty message', frame(2, Buffer.alloc(0))],
  ['a channel that is none', frame(2, Buffer.from([77, 1, 2]))],
  ['a close of a channel that is none', frame(2, Buffer.from([255, 77]))],
  ['a close without a channel', frame(2, Buffer.from([255]))],
  ['a size that is no JSON', frame(2, Buffer.from('\x04{{{'))],
];

const UPGRADES: [string, string, string][] = [
  ['exec', `${PODS}/one/exec?container=c&command=sh&stdin=1&stdout=1`, 'v5.channel.k8s.io'],
  [
    'exec as text',
    `${PODS}/one/exec?container=c&command=sh&stdin=1&stdout=1`,
    'v4.base64.channel.k8s.io',
  ],
  ['attach', `${PODS}/one/attach?container=c&stdin=1&stdout=1`, 'v4.channel.k8s.io'],
  ['portforward', `${PODS}/one/portforward?ports=80`, 'v4.channel.k8s.io'],
  ['portforward in a tunnel', `${PODS}/one/portforward`, 'SPDY/3.1+portforward.k8s.io'],
  ['log', `${PODS}/one/log?container=c&follow=1`, 'binary.k8s.io'],
  ['watch', `${PODS}?watch=1&timeoutSeconds=30`, ''],
];

describe.each(UPGRADES)('a malformed frame over WebSocket: %s', (_kind, path, protocol) => {
  it('sent with the request ends only its own connection', async () => {
    await Promise.all(
      FRAMES.map(async ([, bytes]) => {
        const { text } = await exchange(
          doors.api,
          true,
          Buffer.concat([Buffer.from(upgradeHead(path, protocol)), bytes]),
          undefined,
          1000,
        );
        expect(statusOf(text)).toBeGreaterThan(0);
      }),
    );
    expect(await ready(doors)).toBe(true);
  });

  it.each([true, false])(
    'sent after the answer ends only its own connection (the client stays: %s)',
    async (stays) => {
      await Promise.all(
        FRAMES.map(async ([, bytes]) => {
          const socket = await connect(doors.api, true);
          const answered = listenTo(socket, /\r\n\r\n/);
          socket.write(upgradeHead(path, protocol));
          const { text } = await answered;
          if (statusOf(text) === 101) {
            // The podlet of exec and attach has usually connected by then: frames are read before and after it.
            await new Promise((resolve) => setTimeout(resolve, 50));
            socket.write(bytes);
            if (stays) await listenTo(socket, undefined, 500);
          }
          socket.destroy();
        }),
      );
      expect(await ready(doors)).toBe(true);
    },
  );
});

function deflated(block: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
    const chunks: Buffer[] = [];
    deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
    deflate.write(block);
    deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(chunks)));
  });
}

const synStream = async (id: number, block: Buffer): Promise<Buffer> =>
  controlFrame(
    SYN_STREAM,
    0,
    Buffer.concat([uint32(id, 0), Buffer.alloc(2), await deflated(block)]),
  );
const headers = (fields: Record<string, string>): Buffer => encodeHeaders(fields);

describe('SPDY', () => {
  const cases = async (): Promise<[string, Buffer][]> => [
    ['half a frame', Buffer.from([0x80, 3, 0])],
    [
      'a control frame of 16 MiB',
      Buffer.concat([Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]), Buffer.alloc(100_000)]),
    ],
    [
      'data of 16 MiB for a stream that is none',
      Buffer.concat([
        dataFrame(9, 0, Buffer.alloc(0)).subarray(0, 5),
        Buffer.from([0xff, 0xff, 0xff]),
        Buffer.alloc(100_000),
      ]),
    ],
    ['a stream without headers', controlFrame(SYN_STREAM, 0, Buffer.alloc(0))],
    ['headers that are no zlib', controlFrame(SYN_STREAM, 0, Buffer.alloc(40, 0x41))],
    ['headers that inflate a thousandfold', await synStream(1, Buffer.alloc(32 << 20))],
    ['a name longer than its block', await synStream(1, uint32(1, 0xffffffff))],
    ['more headers than there are', await synStream(1, uint32(0xffffffff))],
    [
      'a header named __proto__',
      await synStream(1, headers({ ['__proto__']: 'x', streamtype: 'error', port: '80' })),
    ],
    [
      'a port that is none',
      await synStream(1, headers({ streamtype: 'data', port: '70000', requestid: '1' })),
    ],
    [
      'a negative port',
      await synStream(1, headers({ streamtype: 'data', port: '-5', requestid: '1' })),
    ],
    [
      'a stream that is opened twice',
      Buffer.concat([
        await synStream(1, headers({ streamtype: 'error', port: '80', requestid: '1' })),
        await synStream(1, headers({ streamtype: 'error', port: '80', requestid: '1' })),
      ]),
    ],
    ['a reset of half a number', controlFrame(RST_STREAM, 0, Buffer.from([1]))],
    ['a ping of nothing', controlFrame(6, 0, Buffer.alloc(0))],
  ];

  it.each([
    ['exec', `${PODS}/one/exec?container=c&command=sh&stdin=1&stdout=1`],
    ['portforward', `${PODS}/one/portforward`],
  ])('a malformed frame of %s ends only its own connection', async (_kind, path) => {
    const before = process.memoryUsage().rss;
    await Promise.all(
      (await cases()).map(async ([, bytes]) =>
        exchange(
          doors.api,
          true,
          Buffer.concat([Buffer.from(spdyHead(path)), bytes]),
          undefined,
          1500,
        ),
      ),
    );
    expect(await ready(doors)).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  });

  it('headers that inflate beyond their bound end the connection', async () => {
    const bomb = await synStream(1, Buffer.alloc(32 << 20));
    expect(bomb.length).toBeLessThan(64 * 1024);
    const { open } = await exchange(
      doors.api,
      true,
      Buffer.concat([Buffer.from(spdyHead(`${PODS}/one/portforward`)), bomb]),
    );
    expect(open).toBe(false);
  });
});

describe('ports of a port-forward', () => {
  it.each([
    [
      'ports=65536',
      'unable to parse "65536" as a port: strconv.ParseUint: parsing "65536": value out of range',
    ],
    [
      'ports=70000',
      'unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value out of range',
    ],
    [
      'ports=80,1000000000',
      'unable to parse "1000000000" as a port: strconv.ParseUint: parsing "1000000000": value out of range',
    ],
    ['ports=-1', 'unable to parse "-1" as a port: strconv.ParseUint: parsing "-1": invalid syntax'],
    [
      'ports=http',
      'unable to parse "http" as a port: strconv.ParseUint: parsing "http": invalid syntax',
    ],
    ['ports=0', 'port "0" must be > 0'],
    ['ports=', 'query parameter "port" cannot be empty'],
    ['', 'query parameter "port" is required'],
  ])('%s is refused in the kubelet’s words', async (query, message) => {
    const { text } = await exchange(
      doors.api,
      true,
      upgradeHead(`${PODS}/one/portforward?${query}`, 'v4.channel.k8s.io'),
    );
    expect(statusOf(text)).toBe(400);
    expect((JSON.parse(text.slice(text.indexOf('{'))) as { message: string }).message).toBe(
      message,
    );
    expect(await ready(doors)).toBe(true);
  });
});
