// Lambda's Runtime API (2018-06-01) as the service offers it to a runtime: one invocation at a time, streamed responses.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closing } from './closing.ts';

/** What the runtime sends for an invocation, as it arrives. */
export interface RuntimeAnswer {
  contentType: string;
  body: IncomingMessage;
}

interface Invocation {
  event: string;
  deadlineMs: number;
  take: (answer: RuntimeAnswer) => void;
  fail: (error: Error) => void;
}

const PREFIX = '/2018-06-01/runtime';

export class RuntimeApi {
  /** Errors that runtimes reported, in words. */
  readonly errors: string[] = [];
  private readonly queue: Invocation[] = [];
  private readonly idle: ServerResponse[] = [];
  private readonly running = new Map<string, Invocation>();
  private constructor(private readonly server: Server) {
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async open(): Promise<RuntimeApi> {
    // Lambda's keeps its connections, however long an invocation takes: a client that meets a closed one ends.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RuntimeApi(server);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the runtime starts to respond. */
  invoke(event: unknown, deadlineMs: number): Promise<RuntimeAnswer> {
    return new Promise((take, fail) => {
      this.queue.push({ event: JSON.stringify(event), deadlineMs, take, fail });
      this.dispatch();
    });
  }

  /** A runtime ended by itself: pending invocations fail. */
  died(words: string): void {
    this.errors.push(words);
    for (const { fail } of [...this.queue.splice(0), ...this.running.values()])
      fail(new Error(words));
  }

  close(): Promise<void> {
    return closing(this.server);
  }

  private dispatch(): void {
    while (this.queue.length > 0 && this.idle.length > 0) {
      const outgoing = this.idle.shift();
      if (!outgoing || outgoing.destroyed) continue;
      const invocation = this.queue.shift();
      if (!invocation) return;
      const id = randomUUID();
      this.running.set(id, invocation);
      outgoing
        .writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': id,
          'lambda-runtime-deadline-ms': String(invocation.deadlineMs),
          'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:1:function:front',
          'lambda-runtime-trace-id': 'Root=1-0-0;Sampled=0',
        })
        .end(invocation.event);
    }
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = incoming.url ?? '';
    if (path === `${PREFIX}/invocation/next`) {
      this.idle.push(outgoing);
      return this.dispatch();
    }
    const [, id = '', what] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const invocation = this.running.get(id);
    this.running.delete(id);
    if (what === 'response' && invocation) return this.answered(invocation, incoming, outgoing);
    const error = `${path}: ${await textOf(incoming)}`;
    this.errors.push(error);
    invocation?.fail(new Error(error));
    outgoing.writeHead(202).end('{"status":"OK"}');
  }

  private async answered(
    invocation: Invocation,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const mode = incoming.headers['lambda-runtime-function-response-mode'];
    if (mode !== 'streaming') throw new Error(`a response in mode ${String(mode)}`);
    invocation.take({ contentType: incoming.headers['content-type'] ?? '', body: incoming });
    await once(incoming, 'end');
    const trailer = incoming.trailers['lambda-runtime-function-error-type'];
    if (trailer !== undefined) this.errors.push(trailer);
    outgoing.writeHead(202).end('{"status":"OK"}');
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
