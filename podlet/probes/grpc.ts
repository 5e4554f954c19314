// gRPC health check by hand on HTTP/2 (grpc.health.v1.Health/Check): one request, one enum back (pkg/probe/grpc).
import type { ClientHttp2Session } from 'node:http2';
import type { Attempt } from '../ports.ts';
import { hostPort } from './network-error.ts';

const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const SERVING = 1;
const GRPC_UNIMPLEMENTED = '12';
const GRPC_DEADLINE_EXCEEDED = '4';
const CODE_NAMES = ['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied',
  'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'];
const REDIAL_MS = 100;

/** One attempt; SERVING is success. Until the timeout a refused connection is tried again, as Go's blocking dial does. */
export async function grpcProbe(host: string, port: number, service: string, timeoutMs: number): Promise<Attempt> {
  const { connect } = await import('node:http2');
  const deadline = AbortSignal.timeout(timeoutMs);
  const session = await dial(() => connect(`http://${hostPort(host, port)}`), deadline);
  const within = `within ${timeoutMs / 1000}s`;
  if (session === undefined) return { success: false, text: `timeout: failed to connect service "${hostPort(host, port)}" ${within}: context deadline exceeded` };
  const answer = await check(session, service, deadline);
  session.destroy();
  return judge(answer, within);
}

interface Answer {
  grpcStatus: string;
  message: string;
  health?: number;
}

function judge(answer: Answer, within: string): Attempt {
  if (answer.grpcStatus === GRPC_DEADLINE_EXCEEDED) return { success: false, text: `timeout: health rpc did not complete ${within}` };
  if (answer.grpcStatus !== '0') {
    const cause = `rpc error: code = ${CODE_NAMES[Number(answer.grpcStatus)] ?? 'Unknown'} desc = ${answer.message}`;
    const text = answer.grpcStatus === GRPC_UNIMPLEMENTED
      ? `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${answer.message}`
      : `error: health rpc probe failed: ${cause}`;
    return { success: false, text };
  }
  if (answer.health === SERVING) return { success: true };
  return { success: false, text: `service unhealthy (responded with "${STATUS_NAMES[answer.health ?? 0] ?? String(answer.health)}")` };
}

async function dial(connect: () => ClientHttp2Session, deadline: AbortSignal): Promise<ClientHttp2Session | undefined> {
  while (!deadline.aborted) {
    const session = connect();
    const connected = await new Promise<boolean>((resolve) => {
      // Go's blocking dial waits for the server's settings: a server of another protocol is never connected.
      session.once('remoteSettings', () => resolve(true));
      session.once('error', () => resolve(false));
      session.once('close', () => resolve(false));
      deadline.addEventListener('abort', () => resolve(false));
    });
    if (connected) return session.on('error', () => undefined);
    session.on('error', () => undefined).destroy();
    await new Promise((resolve) => setTimeout(resolve, REDIAL_MS));
  }
  return undefined;
}

function check(session: ClientHttp2Session, service: string, deadline: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'kube-probe/1.35',
    });
    const chunks: Buffer[] = [];
    let [grpcStatus, message] = ['', ''];
    const learn = (headers: { [name: string]: unknown }): void => {
      if (typeof headers['grpc-status'] === 'string') grpcStatus = headers['grpc-status'];
      if (typeof headers['grpc-message'] === 'string') message = decodeURIComponent(headers['grpc-message']);
    };
    stream.on('response', learn);
    stream.on('trailers', learn);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', (error) => resolve({ grpcStatus: '14', message: error.message }));
    stream.on('close', () => resolve({ grpcStatus: grpcStatus === '' ? '2' : grpcStatus, message, health: healthOf(Buffer.concat(chunks)) }));
    deadline.addEventListener('abort', () => resolve({ grpcStatus: GRPC_DEADLINE_EXCEEDED, message: '' }));
    stream.end(checkRequest(service));
  });
}

/** HealthCheckRequest{service = 1} behind gRPC's five bytes (flag, length). */
function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
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

/** HealthCheckResponse{status = 1}; an absent field is UNKNOWN. */
function healthOf(body: Buffer): number {
  const message = body.subarray(5);
  return message[0] === 0x08 ? (message[1] ?? 0) : 0;
}
