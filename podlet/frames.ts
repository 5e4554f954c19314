// Frames of a session on the unix socket: channel, 4 bytes length (big endian), payload.
const HEAD_BYTES = 5;
/** supervise sends at most 32 KiB per frame; anything beyond this is not supervise. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** One frame as bytes. */
export function encodeFrame(channel: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = channel;
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** A reader that is fed chunks and hands out whole frames, each byte copied once however it comes; throws at a frame that is too long. */
export function frameReader(
  take: (channel: number, payload: Buffer) => void,
): (chunk: Buffer) => void {
  const head = Buffer.alloc(HEAD_BYTES);
  let part: Buffer = head;
  let filled = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(part, filled, at);
      at += copied;
      filled += copied;
      if (filled < part.length) return;
      filled = 0;
      const size = part === head ? head.readUInt32BE(1) : 0;
      if (size > MAX_FRAME_BYTES) throw new Error('frame too long');
      const payload = part === head ? Buffer.alloc(0) : part;
      part = size > 0 ? Buffer.allocUnsafe(size) : head;
      if (size === 0) take(head[0] ?? 0, payload);
    }
  };
}
