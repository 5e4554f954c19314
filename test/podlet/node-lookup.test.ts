// The look-up of the API's name by the node's servers, against a server of DNS.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeLookup } from '../../podlet/node-lookup.ts';
import type { NodeLookup } from '../../podlet/node-lookup.ts';
import { until } from './until.ts';

/** An address of this machine alone whose port 53 nobody has. */
const SERVER = '127.53.86.41';

let server: Socket;
let asked: string[] = [];
/** Last bytes of the addresses in 192.0.2.0/24; none: NXDOMAIN; undefined: silence. */
let answer: number[] | undefined = [7];

/** Whether this user may serve port 53. */
const bound = await new Promise<boolean>((resolve) => {
  server = createSocket('udp4')
    .on('error', () => resolve(false))
    .bind(53, SERVER, () => resolve(true));
});
if (!bound)
  process.stderr.write('test/podlet/node-lookup.test.ts is skipped: port 53 is for root alone\n');

function answerTo(query: Buffer, hosts: number[]): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(hosts.length > 0 ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(hosts.length, 6);
  head.writeUInt16BE(0, 10);
  // The question alone: resolvers may add a record of their own.
  const end = query.indexOf(0, 12) + 5;
  const records = hosts.map((host) =>
    Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, host]),
  );
  return Buffer.concat([head.subarray(0, end), ...records]);
}

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at] !== 0; at += 1 + (query[at] ?? 0))
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  return labels.join('.');
}

beforeAll(() => {
  server.on('message', (query, from) => {
    asked.push(nameIn(query));
    if (answer) server.send(answerTo(query, answer), from.port, from.address);
  });
});
beforeEach(() => {
  [asked, answer] = [[], [7]];
});
afterAll(() => server.close());

/** A look-up whose time the test sets. */
function lookupAt(time: { now: number }): NodeLookup {
  const lookup = nodeLookup(`search x\nnameserver ${SERVER}\nnameserver bad\n`, () => time.now);
  if (!lookup) throw new Error('no look-up');
  return lookup;
}

const untilAsked = (times: number): Promise<void> =>
  until(() => asked.length >= times, 'the server is asked');

async function untilAddress(lookup: NodeLookup, address: string): Promise<void> {
  await until(async () => (await lookup.address('a.example')) === address, `it is ${address}`);
  expect(await lookup.address('a.example')).toBe(address);
}

describe.skipIf(!bound)('a name', () => {
  it("is asked of the resolv.conf's servers, once a minute and beside the requests", async () => {
    const time = { now: 0 };
    const lookup = lookupAt(time);
    expect(await lookup.address('a.example')).toBe('192.0.2.7');
    time.now = 59_000;
    expect(await lookup.address('a.example')).toBe('192.0.2.7');
    expect(asked).toEqual(['a.example']);
    answer = [8];
    time.now = 60_000;
    expect(await lookup.address('a.example')).toBe('192.0.2.7');
    await untilAddress(lookup, '192.0.2.8');
    expect(asked).toEqual(['a.example', 'a.example']);
  });

  it('whose servers are silent keeps its address, and costs no request any time', async () => {
    const time = { now: 0 };
    const lookup = lookupAt(time);
    await lookup.address('a.example');
    answer = undefined;
    time.now = 60_000;
    const began = performance.now();
    for (let count = 0; count < 5; count += 1)
      expect(await lookup.address('a.example')).toBe('192.0.2.7');
    await untilAsked(2);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('with several addresses goes on with another when one fails, and stays with that', async () => {
    const time = { now: 0 };
    const lookup = lookupAt(time);
    answer = [7, 8];
    const first = (await lookup.address('a.example')) ?? '';
    lookup.failed(first);
    const second = await lookup.address('a.example');
    expect([first, second].sort()).toEqual(['192.0.2.7', '192.0.2.8']);
    await untilAsked(2);
    lookup.failed(first);
    expect(await lookup.address('a.example')).toBe(second);
  });

  it("that they do not know is left to the system's own look-up, and asked for again soon", async () => {
    const time = { now: 0 };
    const lookup = lookupAt(time);
    answer = [];
    expect(await lookup.address('a.example')).toBeUndefined();
    expect(await lookup.address('a.example')).toBeUndefined();
    expect(asked).toHaveLength(1);
    answer = [7];
    time.now = 5_000;
    await untilAddress(lookup, '192.0.2.7');
  });
});

it('an address is not asked for', async () => {
  const lookup = lookupAt({ now: 0 });
  expect(await lookup.address('192.0.2.1')).toBeUndefined();
  expect(await lookup.address('[2001:db8::1]')).toBeUndefined();
  expect(asked).toEqual([]);
});

it('without a server there is no look-up', () => {
  expect(nodeLookup(undefined)).toBeUndefined();
  expect(nodeLookup('search x\noptions ndots:5\n')).toBeUndefined();
});
