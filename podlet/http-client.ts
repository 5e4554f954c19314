// HTTP/1.1 for the podlet's two services: one request at a time on a connection, whole answers, connections kept for the next one.
// Node's own client does far more, and loading and compiling it is a tenth of a podlet's start.
import type { Socket } from 'node:net';
import { AnswerReader, type HttpAnswer } from './http-answer.ts';

export interface HttpClientOptions {
  /** A new connection, which need not be established yet. */
  connect(): Socket;
  /** Longest answer, in bytes. */
  maxBytes: number;
  /** Longest silence, in ms. */
  patienceMs: number;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers?: { [name: string]: string };
  body?: string;
}

/** The connections to one server. */
export class HttpClient {
  private readonly idle: Socket[] = [];
  constructor(private readonly options: HttpClientOptions) {}

  /** Rejects when the connection fails, the answer breaks the protocol, or the signal aborts. */
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    if (signal?.aborted === true) return Promise.reject(new Error('the request was given up'));
    const socket = this.idle.pop() ?? this.open();
    const reader = new AnswerReader(this.options.maxBytes);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => void socket.destroy(new Error('the request was given up'));
      const finish = (error: Error | undefined, answer?: HttpAnswer): void => {
        socket.off('data', onData).off('end', onEnd).off('error', finish).off('close', onClose);
        signal?.removeEventListener('abort', giveUp);
        if (answer?.reusable === true && error === undefined) this.rest(socket);
        else socket.destroy();
        if (answer === undefined) reject(error ?? new Error('the connection was closed'));
        else resolve(answer);
      };
      const guarded = (read: () => HttpAnswer | undefined): void => {
        try {
          const answer = read();
          if (answer !== undefined) finish(undefined, answer);
        } catch (error) {
          finish(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const onData = (bytes: Buffer): void => guarded(() => reader.push(bytes));
      const onEnd = (): void => guarded(() => reader.end());
      const onClose = (): void => finish(undefined);
      socket.on('data', onData).on('end', onEnd).on('error', finish).on('close', onClose);
      signal?.addEventListener('abort', giveUp);
      socket.setTimeout(this.options.patienceMs);
      socket.write(requestText(request));
    });
  }

  private open(): Socket {
    const socket = this.options.connect();
    socket.on('timeout', () => socket.destroy(new Error('no answer in time')));
    // Without a request nobody else listens.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const at = this.idle.indexOf(socket);
      if (at >= 0) this.idle.splice(at, 1);
    });
    return socket;
  }

  private rest(socket: Socket): void {
    socket.setTimeout(0);
    this.idle.push(socket);
  }
}

function requestText({ method, url, headers = {}, body = '' }: HttpRequest): string {
  const lines = Object.entries({
    Host: url.host,
    ...headers,
    ...(method === 'POST' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
