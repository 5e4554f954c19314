// The wire format of protobuf: numbered fields of varints and bytes.

export interface RawField {
  number: number;
  /** The value of varints and fixed 32-bit numbers; else 0. */
  value: bigint;
  /** The bytes of length-delimited and 64-bit fields; else empty. */
  bytes: Uint8Array;
}

/** The bytes are not a message; the text is gogo's. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const EMPTY = new Uint8Array();
const MAX_VARINT_BYTES = 10;

interface Cursor {
  bytes: Uint8Array;
  at: number;
}

function varint(cursor: Cursor): bigint {
  let value = 0n;
  for (let count = 0; count < MAX_VARINT_BYTES; count++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new WireError('unexpected EOF');
    value |= BigInt(byte & 0x7f) << BigInt(7 * count);
    if (byte < 0x80) return value;
  }
  throw new WireError('proto: integer overflow');
}

function take(cursor: Cursor, length: number): Uint8Array {
  if (length < 0 || cursor.at + length > cursor.bytes.byteLength)
    throw new WireError('unexpected EOF');
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}

/** All fields in order; throws WireError where the bytes are not a message. */
export function readFields(bytes: Uint8Array): RawField[] {
  const cursor = { bytes, at: 0 };
  const fields: RawField[] = [];
  while (cursor.at < bytes.byteLength) {
    const key = Number(varint(cursor));
    const number = key >>> 3;
    switch (key & 7) {
      case 0:
        fields.push({ number, value: varint(cursor), bytes: EMPTY });
        break;
      case 1:
        fields.push({ number, value: 0n, bytes: take(cursor, 8) });
        break;
      case 2:
        fields.push({ number, value: 0n, bytes: take(cursor, Number(varint(cursor))) });
        break;
      case 5:
        fields.push({ number, value: 0n, bytes: take(cursor, 4) });
        break;
      default:
        throw new WireError(`proto: illegal wireType ${key & 7}`);
    }
  }
  return fields;
}
