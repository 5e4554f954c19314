// What every front must support, in one place: each case sends requests to the probe through a front and checks what a client gets.
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { closing } from '../fakes/closing.ts';
import { digestOf, TYPE_OF_THE_PROBE } from './front-probe.ts';
import type { Answer, Front, Trait } from './front-subjects.ts';

export interface Case {
  name: string;
  /** A feature that a subject needs for it. */
  needs?: Trait;
  run(front: Front): Promise<void>;
}

const MIB = 1024 * 1024;

export async function textOf({ body }: Answer): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** A text that comes in pieces: each call waits for the next one. */
function pieces({ body }: Answer): () => Promise<string | undefined> {
  const iterator = body[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await iterator.next();
    return done ? undefined : Buffer.from(value).toString();
  };
}

/** Releases the probe's lines one by one, whichever process they come from; `gone` resolves when the wait for a line is abandoned. */
async function openGate() {
  const waiting = new Map<number, ServerResponse>();
  const asked = new EventEmitter();
  const allowed = new Set<number>();
  let left = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const server = createServer((incoming, outgoing) => {
    const line = Number(incoming.url?.slice(1));
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) left();
    });
    if (allowed.has(line)) return void outgoing.end();
    waiting.set(line, outgoing);
    asked.emit(String(line));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    gone,
    /** Resolves when the probe wants to send the line. */
    wanted: async (line: number): Promise<void> => {
      if (!waiting.has(line)) await once(asked, String(line));
    },
    path: (times: number) =>
      `/lines/${times}?gate=http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    allow(line: number): void {
      allowed.add(line);
      waiting.get(line)?.end();
    },
    close: () => closing(server),
  };
}

type Gate = Awaited<ReturnType<typeof openGate>>;

async function withGate(run: (gate: Gate) => Promise<void>): Promise<void> {
  const gate = await openGate();
  await run(gate).finally(() => gate.close());
}

const withoutBody = (status: number, method = 'GET'): Case => ({
  name: `${status} without a body keeps its status and its headers${method === 'GET' ? '' : ` (${method})`}`,
  async run(front) {
    const answer = await front.send({ path: `/empty/${status}`, method });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('content-type')).toBe(TYPE_OF_THE_PROBE);
    if (status === 301) expect(answer.headers.get('location')).toBe('/elsewhere');
    expect(await textOf(answer)).toBe('');
  },
});

const withBody = (status: number): Case => ({
  name: `${status} keeps its status, its headers and its body`,
  async run(front) {
    const answer = await front.send({ path: `/status/${status}`, method: 'POST', body: '{}' });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe(TYPE_OF_THE_PROBE);
    expect(await textOf(answer)).toBe(JSON.stringify({ code: status }));
  },
});

const bytes = (count: number): Case => ({
  name: `a body of ${count} bytes comes whole`,
  async run(front) {
    const answer = await front.send({ path: `/bytes/${count}` });
    const hash = createHash('sha256');
    let length = 0;
    for await (const part of answer.body) {
      hash.update(part);
      length += part.length;
    }
    expect([answer.status, length, hash.digest('hex')]).toEqual([200, count, digestOf(count)]);
  },
});

const REQUESTS: Case[] = [
  {
    name: 'a request keeps its method, its query, its headers and its body',
    async run(front) {
      const answer = await front.send({
        path: '/echo?q=a%2Fb&q=%C3%A9+c',
        method: 'PATCH',
        headers: { 'x-front': 'kept', 'content-type': 'application/merge-patch+json' },
        body: '{"a":"é"}',
      });
      expect(JSON.parse(await textOf(answer))).toEqual({
        method: 'PATCH',
        query: ['a/b', 'é c'],
        header: 'kept',
        body: '{"a":"é"}',
      });
    },
  },
  {
    name: 'a body of 4 MiB of a request comes whole',
    async run(front) {
      const body = Buffer.alloc(4 * MIB, 'droppod');
      const answer = await front.send({
        path: '/length',
        method: 'POST',
        headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
        body,
      });
      expect(await textOf(answer)).toBe(JSON.stringify({ bytes: body.length }));
    },
  },
  ...[7, 20].map((size): Case => ({
    name: `a request's body of ${size} MiB is 413, and the next request is served`,
    needs: '413',
    async run(front) {
      const body = Buffer.alloc(size * MIB);
      const answer = await front.send({ path: '/length', method: 'POST', body });
      expect(answer.status).toBe(413);
      expect((await front.send({ path: '/status/404' })).status).toBe(404);
    },
  })),
  ...['POST', 'PUT', 'PATCH', 'DELETE'].map((method): Case => ({
    name: `an empty body of a request is empty, however it says so (${method})`,
    async run(front) {
      for (const headers of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }]) {
        const type = { 'content-type': 'application/json' };
        const call = { path: '/length', method, headers: { ...type, ...headers }, body: '' };
        expect(await textOf(await front.send(call))).toBe(JSON.stringify({ bytes: 0 }));
      }
    },
  })),
  {
    name: 'a method that no request can have is 405',
    needs: 'methods',
    async run(front) {
      expect((await front.send({ path: '/echo', method: 'TRACE' })).status).toBe(405);
    },
  },
];

const FAULTS: Case[] = [
  {
    name: 'a handler that throws is 500 without details',
    needs: '500',
    async run(front) {
      const answer = await front.send({ path: '/throw' });
      expect([answer.status, await textOf(answer)]).toEqual([500, '']);
    },
  },
  {
    name: 'a body that breaks is no whole answer, and the next request is served',
    async run(front) {
      const got = await front.send({ path: '/break' }).then(
        async (answer) => `${answer.status} ${await textOf(answer).catch(() => 'broken')}`,
        () => 'broken',
      );
      expect(got).toMatch(/^5|broken$/);
      expect((await front.send({ path: '/status/404' })).status).toBe(404);
    },
  },
];

const STREAMS: Case[] = [
  {
    name: 'status and headers of a stream come before its first event',
    needs: 'streaming',
    run: (front) =>
      withGate(async (gate) => {
        const answer = await front.send({ path: gate.path(1) });
        expect(answer.status).toBe(200);
        gate.allow(0);
        gate.allow(1);
        expect(await textOf(answer)).toBe('line 0\n');
      }),
  },
  {
    name: 'events come as they are made, and the end of a watch is a clean one',
    needs: 'streaming',
    run: (front) =>
      withGate(async (gate) => {
        const next = pieces(await front.send({ path: gate.path(3) }));
        for (const line of [0, 1, 2]) {
          gate.allow(line);
          expect(await next()).toBe(`line ${line}\n`);
        }
        gate.allow(3);
        expect(await next()).toBeUndefined();
      }),
  },
  {
    name: 'a watch ends whole and without trailers, also for a client that would take some',
    needs: 'streaming',
    run: (front) =>
      withGate(async (gate) => {
        const headers = { te: 'trailers' };
        const answer = await front.send({ path: gate.path(1), headers });
        gate.allow(0);
        gate.allow(1);
        expect(await textOf(answer)).toBe('line 0\n');
        expect(answer.headers.get('trailer')).toBeNull();
        expect(answer.end()).toEqual({ isWhole: true, trailers: {} });
      }),
  },
  {
    name: 'a client that goes away ends what is made for it, and others are served',
    needs: 'leaving',
    run: (front) =>
      withGate(async (gate) => {
        const answer = await front.send({ path: gate.path(3) });
        gate.allow(0);
        const next = pieces(answer);
        expect(await next()).toBe('line 0\n');
        const never = next().catch(() => undefined);
        await gate.wanted(1);
        answer.leave();
        await Promise.all([gate.gone, never]);
        expect((await front.send({ path: '/status/410' })).status).toBe(410);
      }),
  },
];

/** Only for subjects whose invocations can time out. */
export const TIMED: Case[] = [
  {
    name: 'a watch that is open when its time is over ends cleanly',
    run: (front) =>
      withGate(async (gate) => {
        // 5 s of it are reserved for the end.
        front.timeout?.(6_500);
        gate.allow(0);
        const answer = await front.send({ path: gate.path(3) });
        front.timeout?.(900_000);
        expect(answer.status).toBe(200);
        // Empty if a busy machine took longer to begin.
        expect(await textOf(answer)).toMatch(/^(line 0\n)?$/);
      }),
  },
  {
    name: 'a client that goes away leaves the function to answer others',
    run: (front) =>
      withGate(async (gate) => {
        front.timeout?.(7_000);
        gate.allow(0);
        const answer = await front.send({ path: gate.path(3) });
        front.timeout?.(900_000);
        answer.leave();
        for (const status of [404, 410])
          expect((await front.send({ path: `/status/${status}` })).status).toBe(status);
      }),
  },
];

export const CASES: Case[] = [
  ...[204, 301, 304, 401, 403, 404, 405, 410, 413].map((status) => withoutBody(status)),
  withoutBody(403, 'POST'),
  ...[200, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503].map(withBody),
  {
    name: 'HEAD has the status and the headers, and no body',
    needs: 'no-body-on-HEAD',
    async run(front) {
      for (const [path, status] of [
        ['/bytes/5', 200],
        ['/status/404', 404],
      ] as const) {
        const answer = await front.send({ path, method: 'HEAD' });
        expect([answer.status, await textOf(answer)]).toEqual([status, '']);
        expect(answer.headers.get('content-type')).toBe(TYPE_OF_THE_PROBE);
      }
    },
  },
  bytes(0),
  bytes(70_000),
  bytes(20 * MIB),
  ...REQUESTS,
  ...FAULTS,
  ...STREAMS,
];
