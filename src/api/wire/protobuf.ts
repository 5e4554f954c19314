// Bodies in Kubernetes' protobuf envelope.
import { badRequest } from '../../errors.ts';
import type { Json } from '../../ports.ts';

const MAGIC = [0x6b, 0x38, 0x73, 0x00];

/** The object in the envelope, with its kind and apiVersion; 400 where the bytes are none. */
export function decodeProtobuf(bytes: Uint8Array, kind: string): { [key: string]: Json | undefined } {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    const head = Buffer.from(bytes.subarray(0, 30)).toString('hex');
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (${head})`);
  }
  throw badRequest(`the object provided is unrecognized (must be of type ${kind}): protobuf bodies are not served yet`);
}
