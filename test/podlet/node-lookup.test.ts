// The look-up of the API's name by the node's servers, against a server of DNS.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeLookup } from '../../podlet/node-lookup.ts';

/** An address of this machine alone whose port 53 nobody has. */
const SERVER = '127.53.86.41';

let server: Socket;
let asked: string[] = [];
let isThere = true;

/** Whether this user may serve port 53. */
const bound = await new Promise<boolean>((resolve) => {
  server = createSocket('udp4')
    .on('error', () => resolve(false))
    .bind(53, SERVER, () => resolve(true));
});
if (!bound)
  process.stderr.write('test/podlet/node-lookup.test.ts is skipped: port 53 is for root alone\n');

/** An answer with one address, or NXDOMAIN. */
function answerTo(query: Buffer): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(isThere ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(isThere ? 1 : 0, 6);
  head.writeUInt16BE(0, 10);
  // The question alone: resolvers may add a record of their own.
  const end = query.indexOf(0, 12) + 5;
  const answer = Buffer.from('c00c00010001000000000004c0000207', 'hex');
  return Buffer.concat([head.subarray(0, end), ...(isThere ? [answer] : [])]);
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
    server.send(answerTo(query), from.port, from.address);
  });
});
afterAll(() => server.close());

describe.skipIf(!bound)('a name', () => {
  it("is asked of the resolv.conf's servers, once a minute", async () => {
    let now = 0;
    const lookup = nodeLookup(`search x\nnameserver ${SERVER}\nnameserver bad\n`, () => now);
    expect(await lookup?.('api.example')).toBe('192.0.2.7');
    now = 59_000;
    expect(await lookup?.('api.example')).toBe('192.0.2.7');
    expect(asked).toEqual(['api.example']);
    now = 60_000;
    expect(await lookup?.('api.example')).toBe('192.0.2.7');
    expect(asked).toEqual(['api.example', 'api.example']);
  });

  it("that they do not know is left to the system's own look-up", async () => {
    isThere = false;
    expect(await nodeLookup(`nameserver ${SERVER}`)?.('api.example')).toBeUndefined();
  });
});

it('an address is not asked for', async () => {
  asked = [];
  const lookup = nodeLookup(`nameserver ${SERVER}`);
  expect(await lookup?.('192.0.2.1')).toBeUndefined();
  expect(await lookup?.('[2001:db8::1]')).toBeUndefined();
  expect(asked).toEqual([]);
});

it('without a server there is no look-up', () => {
  expect(nodeLookup(undefined)).toBeUndefined();
  expect(nodeLookup('search x\noptions ndots:5\n')).toBeUndefined();
});
