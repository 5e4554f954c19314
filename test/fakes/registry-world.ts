// Registries as they are found outside: one real HTTP server that answers for any number of hosts, as each is scripted.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { publicFetch } from '../../src/images/public-fetch.ts';
import type { Fetch } from '../../src/images/registry-session.ts';

export interface HostRequest {
  method: string;
  host: string;
  path: string;
  url: URL;
  authorization: string | undefined;
}

export type Host = (request: HostRequest, response: ServerResponse) => void;

/** The address of names without one of their own. */
const PUBLIC = '93.184.216.34';
const HOST_HEADER = 'x-asked-host';

export class RegistryWorld {
  readonly requests: HostRequest[] = [];
  readonly #hosts = new Map<string, Host>();
  readonly #addresses = new Map<string, string>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<RegistryWorld> {
    const world = new RegistryWorld();
    await new Promise<void>((resolve) => world.#server.listen(0, '127.0.0.1', resolve));
    return world;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** `address`: what the name leads to, where that is not a public address. */
  host(name: string, host: Host, address = PUBLIC): void {
    this.#hosts.set(name, host);
    this.#addresses.set(name, address);
  }

  /** The fetch of a function on AWS; `patienceMs`: how long an answer may take in all. */
  fetch(patienceMs = 60_000): Fetch {
    const { port } = this.#server.address() as AddressInfo;
    const lookup = (host: string) =>
      Promise.resolve([{ address: this.#addresses.get(host) ?? PUBLIC, family: 4 }]);
    return publicFetch(async (url, { method, headers }) => {
      const { host, pathname, search } = new URL(url);
      const answer = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
        method,
        redirect: 'manual',
        headers: { ...headers, [HOST_HEADER]: host },
        signal: AbortSignal.timeout(patienceMs),
      });
      return Object.defineProperty(answer, 'url', { value: url });
    }, lookup);
  }

  /** What was asked since the last call: method, host and path. */
  asked(): string[] {
    return this.requests.splice(0).map(({ method, host, path }) => `${method} ${host}${path}`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const host = String(request.headers[HOST_HEADER]);
    const url = new URL(request.url ?? '/', `https://${host}`);
    const { method = '' } = request;
    const { authorization } = request.headers;
    const asked = { method, host, path: url.pathname, url, authorization };
    this.requests.push(asked);
    const answer = this.#hosts.get(host);
    if (answer) answer(asked, response);
    else response.writeHead(502).end();
  }
}
