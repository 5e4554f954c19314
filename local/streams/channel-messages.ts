// Messages of numbered channels over a WebSocket (wsstream in Kubernetes): a byte with the channel before the content or,
// for browser consoles, text: the channel as a character from "0" on, then base64.
import type { WebSocket } from 'ws';

/** The only version whose client can half-close stdin. */
export const V5 = 'v5.channel.k8s.io';
const V4 = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
const BEFORE_V4 = ['channel.k8s.io', 'base64.channel.k8s.io'];
/** Carries the caller's token in the protocol list; it is not a protocol. */
const BEARER = 'base64url.bearer.authorization.k8s.io.';

const DIGIT_ZERO = 0x30;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The stream protocols that the client offers. */
export const offeredProtocols = (header: string | undefined): string[] =>
  (header ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !one.startsWith(BEARER));

/** The supported protocols of exec and attach, and of port-forward. */
export const REMOTE_COMMAND_PROTOCOLS = [V5, ...V4, ...BEFORE_V4];
export const PORT_FORWARD_PROTOCOLS = V4;

/** The first offered protocol that is supported; v5 is preferred, because kube-apiserver serves it itself. */
export const chooseProtocol = (offered: string[], taken: string[]): string | undefined =>
  [...(taken.includes(V5) ? [V5] : []), ...offered].find(
    (one) => offered.includes(one) && taken.includes(one),
  );

/** Whether errors are sent as a Status (v4 and later) or as text. */
export const sendsStatus = (protocol: string): boolean => protocol === V5 || V4.includes(protocol);

const isText = ({ protocol }: WebSocket): boolean => protocol.includes('base64.');

/** Resolves when the operating system has the message or the socket is gone; never rejects. */
export function sendTo(socket: WebSocket, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(bytes, { binary: typeof bytes !== 'string' }, () => resolve());
  });
}

/** Sends on a channel in the connection's encoding. */
export function sendOnChannel(socket: WebSocket, channel: number, bytes: Buffer): Promise<void> {
  if (isText(socket))
    return sendTo(socket, String.fromCharCode(DIGIT_ZERO + channel) + bytes.toString('base64'));
  return sendTo(socket, Buffer.concat([Buffer.from([channel]), bytes]));
}

/** Calls `take` for each channel message of the client; anything else is ignored, as in Kubernetes. */
export function onChannelMessage(
  socket: WebSocket,
  take: (channel: number, bytes: Buffer) => void,
): void {
  const text = isText(socket);
  socket.on('message', (data: Buffer) => {
    const [first] = data;
    if (first === undefined) return;
    if (!text) return take(first, data.subarray(1));
    const encoded = data.toString('latin1', 1).replaceAll(/[\r\n]/g, '');
    if (BASE64.test(encoded)) take(first - DIGIT_ZERO, Buffer.from(encoded, 'base64'));
  });
}

/** A sender pauses while more than this is unsent. */
const HIGH_WATER_BYTES = 1 << 20;

/** Sends to `target`; resolves when it accepts more. */
export function sendPaced(target: WebSocket, bytes: Buffer): Promise<void> {
  const sent = sendTo(target, bytes);
  return target.bufferedAmount > HIGH_WATER_BYTES ? sent : Promise.resolve();
}

/** Pauses `source` until its message has been taken. */
export function rest(source: WebSocket, target: WebSocket, taken: Promise<void>): void {
  if (target.bufferedAmount <= HIGH_WATER_BYTES) return;
  source.pause();
  taken.then(() => source.resume()).catch(() => source.terminate());
}
