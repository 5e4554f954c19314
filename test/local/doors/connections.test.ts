// The life of a connection: a response that ends it says so, any other keeps it for the next request, and no request goes unanswered.
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connect,
  listenTo,
  openDoors,
  PODS,
  TOKEN,
  upgradeHead,
  type OpenDoors,
} from './harness.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const ADMIN = `Authorization: Bearer ${TOKEN}`;
const JSON_TYPE = 'Content-Type: application/json';
const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
const withBody = (line: string, body: string, ...headers: string[]): string =>
  head(line, `Content-Length: ${Buffer.byteLength(body)}`, ...headers) + body;

/** Where the first response in the text ends; undefined: it is incomplete. */
function endOfAnswer(text: string, isHead: boolean): number | undefined {
  const begin = text.indexOf('\r\n\r\n') + 4;
  if (begin < 4) return undefined;
  const headers = text.slice(0, begin).toLowerCase();
  if (/^http\/1\.1 (1\d\d|204|304)/.test(headers) || isHead) return begin;
  const length = /\r\ncontent-length: (\d+)/.exec(headers)?.[1];
  if (length !== undefined)
    return text.length >= begin + Number(length) ? begin + Number(length) : undefined;
  const last = text.indexOf('0\r\n\r\n', begin);
  return last < 0 ? undefined : last + 5;
}

/** The responses on one connection, in order. */
class Answers {
  private text = '';
  private closed = false;
  private changed = (): void => undefined;
  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.changed();
    });
    socket.on('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  async next(isHead = false): Promise<string> {
    for (;;) {
      const end = endOfAnswer(this.text, isHead);
      if (end !== undefined || this.closed) {
        const answer = this.text.slice(0, end);
        this.text = this.text.slice(answer.length);
        if (!/^HTTP\/1\.1 100 /.test(answer) || answer === '') return answer;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  async end(): Promise<void> {
    while (!this.closed)
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
  }
}

const REQUESTS: [string, string][] = [
  ['a read', head('GET /readyz')],
  ['a read of nothing', head(`GET ${PODS}/none`, ADMIN)],
  ['a list', head(`GET ${PODS}`, ADMIN)],
  ['a list in a form that is none', head(`GET ${PODS}`, ADMIN, 'Accept: a/b')],
  ['a watch', head(`GET ${PODS}?watch=1&timeoutSeconds=1`, ADMIN)],
  ['a read without a credential', head(`GET ${PODS}`)],
  ['a read with a wrong one', head(`GET ${PODS}`, 'Authorization: Bearer x')],
  ['a read with a body', withBody(`GET ${PODS}`, 'x'.repeat(1000), ADMIN)],
  ['HEAD', head('HEAD /readyz')],
  ['HEAD of a list', head(`HEAD ${PODS}`, ADMIN)],
  ['OPTIONS', head(`OPTIONS ${PODS}`, ADMIN)],
  ['TRACE', head('TRACE /api')],
  ['a broken Host', head('GET /readyz').replace('Host: x', 'Host: a/b')],
  ['a write', withBody(`POST ${PODS}?dryRun=All`, '{}', ADMIN, JSON_TYPE)],
  ['a write of no JSON', withBody(`POST ${PODS}`, '{', ADMIN, JSON_TYPE)],
  ['a write of a type that is none', withBody(`POST ${PODS}`, '{}', ADMIN, 'Content-Type: a/b')],
  ['a write without a credential', withBody(`POST ${PODS}`, '{}', JSON_TYPE)],
  ['a large write without a credential', withBody(`POST ${PODS}`, ' '.repeat(200_000), JSON_TYPE)],
  ['a large write that nobody serves', withBody('POST /nowhere', ' '.repeat(200_000), ADMIN)],
  ['a write that is too large', withBody(`POST ${PODS}`, ' '.repeat(4 << 20), ADMIN, JSON_TYPE)],
  [
    'a write that says it is too large',
    head(`POST ${PODS}`, 'Content-Length: 99999999', ADMIN, JSON_TYPE),
  ],
  [
    'a write in chunks',
    `${head(`POST ${PODS}?dryRun=All`, 'Transfer-Encoding: chunked', ADMIN, JSON_TYPE)}2\r\n{}\r\n0\r\n\r\n`,
  ],
  [
    'a write in chunks that nobody reads',
    `${head('POST /nowhere', 'Transfer-Encoding: chunked', ADMIN)}2\r\n{}\r\n0\r\n\r\n`,
  ],
  [
    'a write that waits to be asked',
    withBody(`POST ${PODS}?dryRun=All`, '{}', 'Expect: 100-continue', ADMIN, JSON_TYPE),
  ],
  [
    'a write that would wait to be asked, without a credential',
    head(`POST ${PODS}`, 'Content-Length: 2', 'Expect: 100-continue'),
  ],
  ['an expectation that is none', withBody(`POST ${PODS}`, '{}', 'Expect: x', ADMIN, JSON_TYPE)],
  ['a delete with a body', withBody(`DELETE ${PODS}/none`, '{}', ADMIN, JSON_TYPE)],
  [
    'a patch',
    withBody(`PATCH ${PODS}/one`, '[', ADMIN, 'Content-Type: application/json-patch+json'),
  ],
  [
    'an endless write with an expectation that is none',
    head(`POST ${PODS}`, 'Expect: x', 'Content-Length: 99999999', ADMIN, JSON_TYPE),
  ],
  ['an upgrade to what is none', head(`GET ${PODS}`, ADMIN, 'Connection: Upgrade', 'Upgrade: h2c')],
  ['a report', withBody('POST /sync', '{}', JSON_TYPE)],
  ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'],
  ['no HTTP', 'x\r\n\r\n'],
  ['a control character', head('GET /readyz', 'User-Agent: \x7f')],
];

describe.each([
  ['the API', () => doors.api, true],
  ['the AWS endpoints', () => doors.aws, false],
  ['the metadata of tasks', () => doors.metadata, false],
] as const)('%s', (_door, port, tls) => {
  it.each(REQUESTS)(
    '%s: the answer says whether it ends the connection, which else serves the next request',
    async (_what, bytes) => {
      const socket = await connect(port(), tls);
      const answers = new Answers(socket);
      socket.write(bytes);
      const answer = await answers.next(bytes.startsWith('HEAD'));
      expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /);
      if (/\r\nconnection: close\r\n/i.test(answer)) {
        await answers.end();
      } else {
        socket.write(head('GET /readyz'));
        expect(await answers.next()).toMatch(/^HTTP\/1\.1 \d{3} /);
        socket.destroy();
      }
    },
  );

  it('what is no HTTP is answered, in however many pieces it comes', async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const socket = await connect(port(), tls);
        socket.setNoDelay(true);
        const answered = listenTo(socket);
        socket.write(head(`POST ${PODS}`, 'User-Agent: \x7f', 'Content-Length: 300000'));
        for (let piece = 0; piece < 3 && socket.writable; piece++) {
          if (index % 2 === 0) await pause(1);
          socket.write(Buffer.alloc(100_000, 0x20));
        }
        const { text, open } = await answered;
        expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(.+\r\n)*Connection: close\r\n/i);
        expect(open).toBe(false);
      }),
    );
  });
});

it('what is no HTTP waits for the answer to the request before it', async () => {
  const socket = await connect(doors.api, true);
  const answered = listenTo(socket);
  socket.write(`${head(`GET ${PODS}?watch=1&timeoutSeconds=1`, ADMIN)}\x00 garbage\r\n\r\n`);
  const { text, open } = await answered;
  expect(open).toBe(false);
  expect(text).toMatch(
    /^HTTP\/1\.1 200 OK[^]*"type":"ADDED"[^]*0\r\n\r\nHTTP\/1\.1 400 Bad Request/,
  );
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(2);
});

it('an upgrade waits for the answer to the request before it', async () => {
  const socket = await connect(doors.api, true);
  const answered = listenTo(socket);
  const watch = `${PODS}?watch=1&timeoutSeconds=1`;
  socket.write(head(`GET ${watch}`, ADMIN) + upgradeHead(watch));
  const { text } = await answered;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK[^]*"type":"ADDED"[^]*0\r\n\r\nHTTP\/1\.1 101 /);
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(2);
});

it('a body that breaks is refused within its request, in one answer', async () => {
  const socket = await connect(doors.api, true);
  const answered = listenTo(socket);
  socket.write(head(`POST ${PODS}`, ADMIN, JSON_TYPE, 'Transfer-Encoding: chunked'));
  await pause(20);
  socket.write('zz\r\n');
  const { text } = await answered;
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
});

it('a client that never reads its refusal holds no connection', async () => {
  const socket = await connect(doors.aws, false);
  socket.pause();
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  socket.on('error', () => undefined);
  const writing = setInterval(() => socket.write('x'.repeat(100)), 20);
  await closed;
  clearInterval(writing);
});
