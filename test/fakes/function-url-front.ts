// A function URL as AWS documents it, in front of a Runtime API: requests become events (payload 2.0), a runtime's stream becomes the
// response. Status and headers come from the prelude; without one the response is 200, whatever was meant.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closing } from './closing.ts';
import type { BufferedAnswer } from '../../src/aws/lambda/function-url.ts';
import type { RuntimeAnswer } from './runtime-api.ts';

/** Lambda's limit for a synchronous invocation. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);
/** The content type of responses that have none. */
const UNNAMED = 'application/octet-stream';

export interface FunctionUrlFront {
  url: string;
  /** An invocation's time-out; may be changed. */
  timeoutMs: number;
  close(): Promise<void>;
}

/** What runs a function: a runtime that streams its response, or an emulator's that returns it. */
export interface Runner {
  invoke(event: unknown, deadlineMs: number): Promise<RuntimeAnswer | { whole: BufferedAnswer }>;
}

export async function functionUrlFront(runtime: Runner): Promise<FunctionUrlFront> {
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: FunctionUrlFront = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeoutMs: 900_000,
    close: () => closing(server),
  };
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    forward(runtime, front, incoming, outgoing).catch(() => outgoing.destroy());
  });
  return front;
}

async function forward(
  runtime: Runner,
  front: FunctionUrlFront,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await bodyOf(incoming);
  if (body.length > MAX_PAYLOAD_BYTES)
    return void outgoing
      .writeHead(413, { 'content-type': 'application/json', connection: 'close' })
      .end('{"Message":"Request Entity Too Large"}');
  const answer = await runtime
    .invoke(eventOf(incoming, body), Date.now() + front.timeoutMs)
    .catch(() => undefined);
  if (answer === undefined)
    outgoing.writeHead(502, { 'content-type': 'application/json' }).end('Internal Server Error');
  else if ('whole' in answer) whole(answer.whole, outgoing);
  else await stream(answer, outgoing);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function eventOf(incoming: IncomingMessage, body: Buffer): object {
  const [rawPath = '/', rawQueryString = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const isText = /^(text\/|application\/(json|xml|javascript))/.test(
    incoming.headers['content-type'] ?? '',
  );
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ),
    requestContext: {
      domainName: 'front.lambda-url.us-east-1.on.aws',
      http: { method: incoming.method, path: rawPath, protocol: 'HTTP/1.1' },
    },
    ...(body.length > 0 ? { body: body.toString(isText ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** A client's disconnect stops nothing: the rest is read, and billed, to its end. */
async function stream({ body, contentType }: RuntimeAnswer, outgoing: ServerResponse) {
  const gone = new AbortController();
  outgoing.on('error', () => undefined).on('close', () => gone.abort());
  let early: Buffer | undefined = Buffer.alloc(0);
  const begin = (statusCode: number, headers: Record<string, string>, first: Buffer): void => {
    early = undefined;
    outgoing.writeHead(statusCode, { 'content-type': UNNAMED, ...headers });
    outgoing.flushHeaders();
    if (first.length > 0) outgoing.write(first);
  };
  for await (const part of body as AsyncIterable<Buffer>) {
    if (early === undefined) {
      if (!outgoing.write(part))
        await once(outgoing, 'drain', { signal: gone.signal }).catch(() => undefined);
    } else if (contentType !== WITH_PRELUDE) begin(200, {}, part);
    else {
      early = Buffer.concat([early, part]);
      const at = early.indexOf(DELIMITER);
      if (at === -1) continue;
      const { statusCode, headers } = JSON.parse(early.subarray(0, at).toString()) as {
        statusCode: number;
        headers: Record<string, string>;
      };
      begin(statusCode, headers, early.subarray(at + DELIMITER.length));
    }
  }
  if (early !== undefined) begin(200, {}, early);
  // A response that broke off is not a whole one.
  if (body.trailers['lambda-runtime-function-error-type'] !== undefined) outgoing.destroy();
  else outgoing.end();
}

function whole(answer: BufferedAnswer, outgoing: ServerResponse): void {
  outgoing
    .writeHead(answer.statusCode, { 'content-type': 'application/json', ...answer.headers })
    .end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'));
}
