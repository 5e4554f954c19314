// Bytes of upgraded connections: WebSocket frames of a client and SPDY frames, whole or wrong in a way that only frames can be.
import { deflateSync, constants } from 'node:zlib';
import { SPDY_DICTIONARY as dictionary } from '../../local/streams/spdy-dictionary.ts';
import type { Chance } from '../simulation/random.ts';
import { noise } from './values.ts';

const CLOSE_CODES = [0, 999, 1000, 1004, 1005, 1006, 1011, 1015, 2999, 3000, 5000, 65_535];
const PAYLOADS = (chance: Chance): Buffer =>
  chance.pick<Buffer>([
    Buffer.alloc(0),
    Buffer.from([0]),
    Buffer.from([0, 104, 105, 10]),
    Buffer.from([4, ...Buffer.from('{"Width":80,"Height":24}')]),
    Buffer.from([4, ...Buffer.from('{"Width":1e99,"Height":-1}')]),
    Buffer.from([4, ...Buffer.from('[[[')]),
    Buffer.from([255, 0]),
    Buffer.from([255]),
    Buffer.from([3, 1]),
    Buffer.from([9, 9, 9]),
    Buffer.from([0xc3, 0x28]),
    noise(chance),
    Buffer.alloc(100_000, 97),
    noise(chance, 130),
  ]);

/** A frame as a client sends it: masked, whole. */
function webSocketFrame(
  opcode: number,
  payload: Buffer,
  mask: Buffer = Buffer.from([1, 2, 3, 4]),
): Buffer {
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : payload.length < 65_536
        ? Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 255])
        : Buffer.concat([Buffer.from([0x80 | 127, 0, 0, 0, 0]), uint32(payload.length)]);
  return Buffer.concat([
    Buffer.from([0x80 | opcode]),
    length,
    mask,
    Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))),
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function oddWebSocketFrame(chance: Chance): Buffer {
  const frame = webSocketFrame(chance.pick([0, 1, 2, 8, 9, 10]), PAYLOADS(chance));
  switch (chance.below(10)) {
    case 0:
      frame[1] = (frame[1] ?? 0) & 0x7f;
      return frame; // not masked
    case 1:
      frame[0] = (frame[0] ?? 0) | chance.pick([0x10, 0x20, 0x40, 0x70]);
      return frame; // RSV
    case 2:
      return webSocketFrame(chance.pick([3, 5, 7, 11, 15]), Buffer.from('x'));
    case 3:
      frame[0] = (frame[0] ?? 0) & 0x7f;
      return frame; // a fragment, and no more of it
    case 4:
      return webSocketFrame(
        8,
        Buffer.from([chance.pick(CLOSE_CODES) >> 8, chance.pick(CLOSE_CODES) & 255, 0xff]),
      );
    case 5:
      return webSocketFrame(8, Buffer.from([3]));
    case 6:
      return Buffer.concat([Buffer.from([0x82, 0xff]), Buffer.alloc(8, 255), Buffer.alloc(4)]); // 2^64 - 1 bytes
    case 7:
      return webSocketFrame(9, Buffer.alloc(126, 1)); // a ping may have 125
    case 8:
      return webSocketFrame(1, Buffer.from([0xff, 0xfe, 0xc0]));
    default:
      return noise(chance);
  }
}

function headerBlock(headers: [string, string][]): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);
  const plain = Buffer.concat([
    uint32(headers.length),
    ...headers.flatMap(([name, value]) => [text(name), text(value)]),
  ]);
  return deflateSync(plain, { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
}

const control = (
  type: number,
  flags: number,
  payload: Buffer,
  version = 3,
  length = payload.length,
): Buffer =>
  Buffer.concat([
    Buffer.from([0x80, version, 0, type, flags]),
    uint32(length).subarray(1),
    payload,
  ]);
const data = (stream: number, flags: number, payload: Buffer): Buffer =>
  Buffer.concat([
    uint32(stream & 0x7fffffff),
    Buffer.from([flags]),
    uint32(payload.length).subarray(1),
    payload,
  ]);

const STREAM_HEADERS: [string, string][][] = [
  [['streamtype', 'error']],
  [['streamtype', 'stdin']],
  [['streamtype', 'stdout']],
  [
    ['streamtype', 'data'],
    ['port', '80'],
    ['requestid', '0'],
  ],
  [
    ['streamtype', 'error'],
    ['port', '80'],
    ['requestid', '0'],
  ],
  [
    ['streamtype', 'data'],
    ['port', '65536'],
    ['requestid', '1'],
  ],
  [
    ['streamtype', 'data'],
    ['port', '-5'],
    ['requestid', '2'],
  ],
  [
    ['streamtype', 'data'],
    ['port', '1e9'],
  ],
  [
    ['streamtype', 'data'],
    ['port', 'x'],
  ],
  [['streamtype', 'constructor']],
  [['__proto__', 'x']],
  [],
  [['', '']],
  [['streamtype', '']],
  [['streamtype', 'x'.repeat(100_000)]],
];

function oddSpdyFrame(chance: Chance): Buffer {
  const id = chance.pick([0, 1, 1, 3, 5, 2, 0x7fffffff]);
  const opening = (block: Buffer): Buffer =>
    control(
      1,
      chance.pick([0, 1, 2, 255]),
      Buffer.concat([uint32(id), uint32(0), Buffer.from([0, 0]), block]),
    );
  switch (chance.below(12)) {
    case 0:
      return control(
        3,
        0,
        chance.pick([
          Buffer.alloc(0),
          uint32(id),
          Buffer.concat([uint32(id), uint32(1)]),
          noise(chance),
        ]),
      );
    case 1:
      return control(6, 0, chance.pick([Buffer.alloc(0), uint32(1), noise(chance)]));
    case 2:
      return control(chance.pick([0, 2, 4, 7, 8, 9, 11, 255]), 0, noise(chance));
    case 3:
      return control(
        1,
        0,
        chance.pick([Buffer.alloc(0), uint32(1), noise(chance, 9), noise(chance, 40)]),
      );
    case 4:
      return control(1, 0, Buffer.alloc(0), 3, chance.pick([0xffffff, 1 << 20])); // announced, not sent
    case 5:
      return control(1, 0, Buffer.alloc(20), chance.pick([0, 2, 4, 255]));
    case 6:
      return data(
        id,
        chance.pick([0, 1, 255]),
        chance.pick([Buffer.alloc(0), noise(chance), Buffer.alloc(100_000, 97)]),
      );
    case 7:
      return opening(
        deflateSync(Buffer.alloc(chance.pick([1_000, 4 << 20])), {
          dictionary,
          finishFlush: constants.Z_SYNC_FLUSH,
        }),
      ); // inflates to much more
    case 8:
      return opening(deflateSync(Buffer.from('no dictionary')));
    case 9:
      return opening(headerBlock(chance.pick(STREAM_HEADERS)).subarray(0, chance.below(20)));
    case 10:
      return noise(chance);
    default:
      return opening(headerBlock(chance.pick(STREAM_HEADERS)));
  }
}

/** What a client sends on its upgraded connection, in pieces. */
export function someFrames(kind: 'websocket' | 'spdy', chance: Chance): Buffer[] {
  const one = (): Buffer =>
    kind === 'spdy'
      ? oddSpdyFrame(chance)
      : chance.happens(0.4)
        ? webSocketFrame(chance.pick([1, 2]), PAYLOADS(chance))
        : oddWebSocketFrame(chance);
  return Array.from({ length: chance.pick([0, 1, 1, 2, 4, 12]) }, one);
}
