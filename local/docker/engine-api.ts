// HTTP to Docker Engine over its unix socket, kept alive; paths carry no version, so each engine uses its newest API.
// containers.ts, images.ts and their neighbours build on it, one small function per call.
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { present } from '../../src/present.ts';

/** An error reply of the engine (`status` is its HTTP code) or, with status 0, an engine that cannot be reached. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface DockerRequest {
  query?: Record<string, string | undefined>;
  /** Sent as JSON. */
  body?: object;
  /** Sent as a tar archive. */
  tar?: Buffer;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The engine. `open` returns the response as a stream, `call` as text; both throw DockerError from 400 on. */
export interface Docker {
  open(method: string, path: string, options?: DockerRequest): Promise<IncomingMessage>;
  call(method: string, path: string, options?: DockerRequest): Promise<string>;
  close(): void;
}

/** Path of the socket that DOCKER_HOST names; only `unix://` is served. */
export function dockerSocketPath(dockerHost: string | undefined): string {
  if (!dockerHost) return '/var/run/docker.sock';
  if (!dockerHost.startsWith('unix://'))
    throw new Error(`DOCKER_HOST ${dockerHost} is not supported: only unix:// sockets are`);
  return dockerHost.slice('unix://'.length);
}

/** A client of the engine behind `socketPath`; connects only when used. */
export function connectDocker(socketPath: string): Docker {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 16 });
  const open = async (
    method: string,
    path: string,
    options: DockerRequest = {},
  ): Promise<IncomingMessage> => {
    const answer = await send({ agent, socketPath, method, path }, options);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw new DockerError(status, errorText(await text(answer), status));
    return answer;
  };
  return {
    open,
    call: async (method, path, options) => text(await open(method, path, options)),
    close: () => agent.destroy(),
  };
}

interface Target {
  agent: Agent;
  socketPath: string;
  method: string;
  path: string;
}

function send(target: Target, options: DockerRequest, again = true): Promise<IncomingMessage> {
  const payload =
    options.tar ??
    (options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body)));
  const type = options.tar ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = request({
      ...target,
      path: target.path + queryText(options.query),
      headers: {
        host: 'docker',
        ...(payload
          ? { 'content-type': type, 'content-length': payload.length }
          : { 'content-length': 0 }),
        ...options.headers,
      },
      ...present({ signal: options.signal }),
    });
    outgoing.on('response', resolve);
    outgoing.on('error', (cause) => {
      // A restarted engine may have closed a kept socket before it read the request: Node advises to send it once more.
      if (again && outgoing.reusedSocket && !options.signal?.aborted)
        send(target, options, false).then(resolve, reject);
      else
        reject(
          new DockerError(0, `Docker Engine at ${target.socketPath}: ${cause.message}`, { cause }),
        );
    });
    outgoing.end(payload);
  });
}

function queryText(query: DockerRequest['query']): string {
  const given = Object.entries(query ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function errorText(body: string, status: number): string {
  try {
    const parsed: { message?: unknown } = JSON.parse(body);
    if (typeof parsed.message === 'string') return parsed.message;
  } catch {
    // Proxies in front of an engine send plain text; that is the message then.
  }
  return body.trim() || `Docker Engine answered ${status}`;
}

/** Whether the error means that the engine does not have what was asked for. */
export function isMissing(error: unknown): boolean {
  return error instanceof DockerError && error.status === 404;
}
