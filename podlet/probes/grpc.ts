// gRPC health check by hand on HTTP/2 (grpc.health.v1.Health/Check): one request, one enum back (pkg/probe/grpc).
import type { ClientHttp2Session } from 'node:http2';
import type { Attempt } from '../ports.ts';
import { hostPort } from './network-error.ts';

const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const SERVING = 1;
const GRPC_UNIMPLEMENTED = '12';
const GRPC_UNKNOWN = '2';
const GRPC_DEADLINE_EXCEEDED = '4';
const GRPC_RESOURCE_EXHAUSTED = '8';
const GRPC_UNAVAILABLE = '14';
/** A health response has seven bytes; no more than this is read. */
const MAX_ANSWER_BYTES = 4096;
const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];
const REDIAL_MS = 100;

/** One attempt; SERVING is success. Until the timeout a refused connection is tried again, as Go's blocking dial does. */
export async function grpcProbe(
  host: string,
  port: number,
  service: string,
  timeoutMs: number,
): Promise<Attempt> {
  const { connect } = await import('node:http2');
  const deadline = AbortSignal.timeout(timeoutMs);
  // Anything that a health check does not need is refused.
  const session = await dial(
    () =>
      connect(`http://${hostPort(host, port)}`, {
        settings: { enablePush: false },
        maxSessionMemory: 1,
      }),
    deadline,
  );
  const within = `within ${timeoutMs / 1000}s`;
  if (session === undefined)
    return {
      success: false,
      text: `timeout: failed to connect service "${hostPort(host, port)}" ${within}: context deadline exceeded`,
    };
  try {
    return judge(await check(session, service, deadline), within);
  } finally {
    session.destroy();
  }
}

interface Answer {
  grpcStatus: string;
  message: string;
  health?: number;
}

function judge(answer: Answer, within: string): Attempt {
  if (answer.grpcStatus === GRPC_DEADLINE_EXCEEDED)
    return { success: false, text: `timeout: health rpc did not complete ${within}` };
  if (answer.grpcStatus !== '0') {
    const cause = `rpc error: code = ${CODE_NAMES[Number(answer.grpcStatus)] ?? 'Unknown'} desc = ${answer.message}`;
    const text =
      answer.grpcStatus === GRPC_UNIMPLEMENTED
        ? `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${answer.message}`
        : `error: health rpc probe failed: ${cause}`;
    return { success: false, text };
  }
  if (answer.health === SERVING) return { success: true };
  return {
    success: false,
    text: `service unhealthy (responded with "${STATUS_NAMES[answer.health ?? 0] ?? String(answer.health)}")`,
  };
}

async function dial(
  connect: () => ClientHttp2Session,
  deadline: AbortSignal,
): Promise<ClientHttp2Session | undefined> {
  while (!deadline.aborted) {
    const session = connect().on('error', () => undefined);
    if (await isConnected(session, deadline)) return session;
    session.destroy();
    await new Promise((resolve) => setTimeout(resolve, REDIAL_MS));
  }
  return undefined;
}

function isConnected(session: ClientHttp2Session, deadline: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const late = (): void => end(false);
    const end = (connected: boolean): void => {
      deadline.removeEventListener('abort', late);
      resolve(connected);
    };
    deadline.addEventListener('abort', late);
    // Go's blocking dial waits for the server's settings: a server of another protocol is never connected.
    session.once('remoteSettings', () => end(true));
    session.once('error', () => end(false));
    session.once('close', () => end(false));
  });
}

function check(
  session: ClientHttp2Session,
  service: string,
  deadline: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kube-probe/1.35',
    });
    const chunks: Buffer[] = [];
    let [grpcStatus, message, size] = ['', '', 0];
    const learn = (headers: { [name: string]: unknown }): void => {
      if (typeof headers['grpc-status'] === 'string') grpcStatus = headers['grpc-status'];
      if (typeof headers['grpc-message'] === 'string')
        message = decodeMessage(headers['grpc-message']);
    };
    stream.on('response', learn);
    stream.on('trailers', learn);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) return void chunks.push(chunk);
      resolve({
        grpcStatus: GRPC_RESOURCE_EXHAUSTED,
        message: `grpc: received message larger than max (${size} vs. ${MAX_ANSWER_BYTES})`,
      });
      session.destroy();
    });
    stream.on('error', (error) =>
      resolve({ grpcStatus: GRPC_UNAVAILABLE, message: error.message }),
    );
    stream.on('close', () =>
      resolve({
        grpcStatus: grpcStatus === '' ? GRPC_UNKNOWN : grpcStatus,
        message,
        health: healthOf(Buffer.concat(chunks)),
      }),
    );
    deadline.addEventListener('abort', () =>
      resolve({ grpcStatus: GRPC_DEADLINE_EXCEEDED, message: '' }),
    );
    if (deadline.aborted) resolve({ grpcStatus: GRPC_DEADLINE_EXCEEDED, message: '' });
    stream.end(checkRequest(service));
  });
}

/** Percent-encoded UTF-8; what is not stays as it is (grpc-go decodeGrpcMessage). */
const decodeMessage = (text: string): string =>
  text
    .slice(0, MAX_ANSWER_BYTES)
    .replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) =>
      Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'),
    );

/** HealthCheckRequest{service = 1} behind gRPC's five bytes (flag, length). */
function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** HealthCheckResponse{status = 1} behind gRPC's five bytes; an absent field is UNKNOWN. */
function healthOf(body: Buffer): number {
  let status = 0;
  for (let at = 5; at < body.length;) {
    const [tag, value] = [varintAt(body, at), varintAt(body, varintAt(body, at).next)];
    if (tag.value === 0x08) status = value.value;
    // Only numbers are skipped: a health answer has no other fields.
    if ((tag.value & 7) !== 0) break;
    at = value.next;
  }
  return status;
}

function varintAt(bytes: Buffer, at: number): { value: number; next: number } {
  let [value, next] = [0, at];
  for (let shift = 1; next < bytes.length; shift *= 128) {
    const byte = bytes[next] ?? 0;
    next += 1;
    value += (byte & 0x7f) * shift;
    if (byte < 0x80) break;
  }
  return { value, next };
}
