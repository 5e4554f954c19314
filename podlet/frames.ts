// Frames of a session on the unix socket: channel, 4 bytes length (big endian), payload.
const HEAD_BYTES = 5;
/** supervise sends at most 32 KiB per frame; anything beyond this is not supervise. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** One frame as bytes. */
export function encodeFrame(channel: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = channel;
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** A reader that is fed chunks and hands out whole frames; throws at a frame that is too long. */
export function frameReader(take: (channel: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let buffered: Buffer = Buffer.alloc(0);
  return (chunk) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (buffered.length >= HEAD_BYTES) {
      const size = buffered.readUInt32BE(1);
      if (size > MAX_FRAME_BYTES) throw new Error('frame too long');
      if (buffered.length < HEAD_BYTES + size) return;
      take(buffered[0] ?? 0, buffered.subarray(HEAD_BYTES, HEAD_BYTES + size));
      buffered = buffered.subarray(HEAD_BYTES + size);
    }
  };
}
