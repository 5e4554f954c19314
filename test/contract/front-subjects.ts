// The fronts under one contract: the handler in this process, the local HTTPS server, a function whose runtime does not stream
// (emulators), AWS's own runtime client behind a function URL, and the URL in DROPPOD_FRONT_URL.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { httpsServer, listen, type Door } from '../../local/server.ts';
import { makeCertificates } from '../../local/tls/certificates.ts';
import { systemClock } from '../../src/system-clock.ts';
import type { BufferedAnswer } from '../../src/aws/lambda/function-url.ts';
import { httpHandler } from '../../src/aws/lambda/http-handler.ts';
import { functionUrlFront } from '../fakes/function-url-front.ts';
import { RuntimeApi } from '../fakes/runtime-api.ts';
import { startRuntime } from './runtime-client.ts';

export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: AsyncIterable<Uint8Array>;
  /** How the response ended, once its body is read: whether it is whole, and what came after it. */
  end(): { isWhole: boolean; trailers: object };
  /** The client disconnects. */
  leave(): void;
}

export interface Front {
  send(call: Call): Promise<Answer>;
  close(): Promise<void>;
  /** What runtimes reported as errors. */
  errors?: string[];
  /** Sets the timeout of later invocations; absent if requests have none. */
  timeout?(ms: number): void;
}

export interface Subject {
  name: string;
  open(): Promise<Front>;
  /** Cases that do not apply here, and why. */
  not?: Partial<Record<Trait, string>>;
}

export type Trait = 'no-body-on-HEAD' | '500' | 'streaming' | 'leaving' | '413' | 'methods';

/** An HTTP client that follows no redirects and verifies no certificate. */
export async function overHttp(base: string, call: Call): Promise<Answer> {
  const request = base.startsWith('https:') ? httpsRequest : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = request(`${base}${call.path}`, {
      method: call.method ?? 'GET',
      headers: call.headers ?? {},
      rejectUnauthorized: !base.startsWith('https://127.0.0.1'),
      agent: false,
    });
    sending.on('response', resolve).on('error', reject).end(call.body);
  });
  return {
    status: response.statusCode ?? 0,
    headers: new Headers(response.headers as Record<string, string>),
    body: response,
    end: () => ({ isWhole: response.complete, trailers: response.trailers }),
    leave: () => response.on('error', () => undefined).destroy(),
  };
}

type Probe = (request: Request) => Promise<Response>;

export const inProcess = (probe: Probe): Subject => ({
  name: 'the handler in this process',
  not: {
    'no-body-on-HEAD': 'the server in front of it sends none',
    '500': 'it throws, and the server in front of it answers',
    methods: 'fetch itself knows no TRACE',
    '413': 'the server in front of it bounds what it takes',
  },
  open: () =>
    Promise.resolve({
      async send({ path, method = 'GET', headers = {}, body }: Call): Promise<Answer> {
        const gone = new AbortController();
        const init = { method, headers, signal: gone.signal, ...(body ? { body } : {}) };
        const response = await probe(new Request(`https://front${path}`, init as RequestInit));
        const stream = (response.body ?? new Blob([]).stream()) as unknown as Readable;
        return {
          ...heads(response),
          body: stream,
          // A body in a process has no trailers, and one that breaks throws.
          end: () => ({ isWhole: true, trailers: {} }),
          leave: () => gone.abort(),
        };
      },
      close: () => Promise.resolve(),
    }),
});

const heads = ({ status, headers }: Response): { status: number; headers: Headers } => ({
  status,
  headers,
});

export const localServer = (probe: Probe): Subject => ({
  name: 'the local HTTPS server',
  async open() {
    const { certificate, key } = await makeCertificates(['127.0.0.1'], new Date());
    const handler: Door['handler'] = (request) => probe(request);
    const door = {
      handler,
      refusal: (status: number, message: string) => Response.json({ message }, { status }),
      maxBodyBytes: 6 * 1024 * 1024,
      clock: systemClock,
      log: () => undefined,
    };
    const listening = await listen(
      () => httpsServer({ cert: certificate, key }, door),
      ['127.0.0.1'],
      0,
    );
    const url = `https://127.0.0.1:${listening.port}`;
    return { send: (call) => overHttp(url, call), close: () => listening.close() };
  },
});

/** An emulator's runtime: it calls the handler and takes what it returns, as JSON. */
export const withoutStreaming = (probe: Probe): Subject => ({
  name: 'a function whose runtime offers no streaming',
  not: {
    streaming: 'the answer comes in one piece',
    leaving: 'a function does not learn that its client is gone',
  },
  async open() {
    const handler = httpHandler(probe) as (event: unknown, context: object) => Promise<unknown>;
    const front = await functionUrlFront({
      async invoke(event: unknown, deadlineMs: number) {
        const context = { getRemainingTimeInMillis: () => deadlineMs - Date.now() };
        const answer = JSON.stringify(await handler(event, context));
        return { whole: JSON.parse(answer) as BufferedAnswer };
      },
    });
    return {
      send: (call) => overHttp(front.url, call),
      timeout: (ms) => {
        front.timeoutMs = ms;
      },
      close: () => front.close(),
    };
  },
});

/** AWS's runtime client of a version, with a bundle like the stack's. */
export const runtimeClient = (
  version: string,
  bundle: () => Promise<{ directory: string; handler: string }>,
  environment: Record<string, string> = {},
): Subject => ({
  name: `AWS's runtime client ${version} behind a function URL`,
  not: { leaving: 'a function runs on when its client is gone' },
  async open() {
    const runtime = await RuntimeApi.open();
    const front = await functionUrlFront(runtime);
    const { directory, handler } = await bundle();
    // One that a disconnected client keeps busy, one for the next request.
    const processes = [1, 2].map(() =>
      startRuntime({
        version,
        directory,
        handler,
        runtimeApi: runtime.address,
        environment,
        died: (words) => runtime.died(words),
      }),
    );
    return {
      send: (call) => overHttp(front.url, call),
      errors: runtime.errors,
      timeout: (ms) => {
        front.timeoutMs = ms;
      },
      close: async () => {
        for (const stop of await Promise.all(processes)) await stop();
        await front.close();
        await runtime.close();
      },
    };
  },
});
