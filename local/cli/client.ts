// A small HTTPS client of the Kubernetes API for the command line: JSON requests and the lines of a watch.
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { present } from '../../src/present.ts';
import { Refusal, type Access } from './place.ts';

export interface Answer {
  status: number;
  body: unknown;
}

export interface Exchange {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export class Client {
  private readonly agent: Agent;
  constructor(private readonly access: Pick<Access, 'server' | 'ca' | 'token'>) {
    // Without a CA of its own it trusts the public ones.
    this.agent = new Agent({ keepAlive: true, ...present({ ca: access.ca || undefined }) });
  }

  private open(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { token } = this.access;
    const options: RequestOptions = {
      method,
      agent: this.agent,
      headers: {
        // Without a token it is nobody.
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...present({ signal }),
    };
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(new URL(path, this.access.server), options, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** One request; a JSON body is parsed, any other stays text. Rejects when the server cannot be reached. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.open(
      method,
      path,
      {
        accept: 'application/json',
        ...present({ 'content-type': text === undefined ? undefined : 'application/json' }),
        ...headers,
      },
      text,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const json = answer.headers['content-type']?.startsWith('application/json') ?? false;
    return {
      status: answer.statusCode ?? 0,
      body: json && raw !== '' ? (JSON.parse(raw) as unknown) : raw,
    };
  }

  /** One request as it is: with its headers, the body as text. */
  async exchange(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<Exchange> {
    const answer = await this.open(method, path, headers, body);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      text: Buffer.concat(chunks).toString(),
    };
  }

  /** The lines of a streamed response, until it ends or the signal aborts. */
  async *lines(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const answer = await this.open('GET', path, headers, undefined, signal);
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new Refusal(`the API answered ${answer.statusCode ?? 0} to a watch`);
    }
    const lines = createInterface({ input: answer });
    try {
      for await (const line of lines) if (line !== '') yield line;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      // A reader that stops early closes the stream, and readline reports that as an error that nobody awaits.
      lines.on('error', () => undefined);
      answer.destroy();
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

/** The message of a Status, or else the body's text. */
export function messageOf({ status, body }: Answer): string {
  if (
    typeof body === 'object' &&
    body !== null &&
    'message' in body &&
    typeof body.message === 'string'
  )
    return body.message;
  return typeof body === 'string' && body !== '' ? body.trim() : `HTTP ${status}`;
}
