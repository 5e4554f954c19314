// A registry for pushes with scripted responses: keeps what it receives, records every request, and fails where a test wants it to.
import { createHash } from 'node:crypto';

export interface RegistryRequest {
  method: string;
  url: URL;
  headers: Headers;
  body: Buffer;
}

const digestOf = (body: Buffer): string =>
  `sha256:${createHash('sha256').update(body).digest('hex')}`;

/** `script` sees every request first: it returns a response, or undefined for the registry's own. */
export class ScriptedRegistry {
  readonly requests: RegistryRequest[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Buffer>();
  constructor(
    readonly script: (request: RegistryRequest) => Response | Error | undefined = () => undefined,
  ) {}

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const { method = 'GET', headers, body } = init;
    const request: RegistryRequest = {
      method,
      url: new URL(String(input)),
      headers: new Headers(headers),
      body: Buffer.from(await new Response(body ?? null).arrayBuffer()),
    };
    this.requests.push(request);
    const scripted = this.script(request);
    if (scripted instanceof Error) throw scripted;
    return scripted ?? this.#answer(request);
  };

  /** The requests, in order: method and path below the repository. */
  get asked(): string[] {
    return this.requests.map(({ method, url }) => `${method} ${url.pathname.split('/v2/')[1]}`);
  }

  #answer({ method, url, body }: RegistryRequest): Response {
    const path = url.pathname;
    const name = path.split('/').at(-1) ?? '';
    if (method === 'HEAD') return new Response(null, { status: this.blobs.has(name) ? 200 : 404 });
    if (method === 'PUT' && path.includes('/manifests/')) {
      this.manifests.set(name, body);
      return new Response(null, {
        status: 201,
        headers: { 'docker-content-digest': digestOf(body) },
      });
    }
    if (method === 'POST') {
      const id = String(this.#uploads.size + 1);
      this.#uploads.set(id, Buffer.alloc(0));
      return new Response(null, { status: 202, headers: { location: `${path}${id}?state=0` } });
    }
    if (method === 'PATCH') {
      this.#uploads.set(name, body);
      return new Response(null, { status: 202, headers: { location: `${path}?state=1` } });
    }
    const digest = url.searchParams.get('digest') ?? '';
    const content = this.#uploads.get(name) ?? Buffer.alloc(0);
    if (digestOf(content) !== digest || url.searchParams.get('state') !== '1')
      return Response.json({ errors: [{ code: 'DIGEST_INVALID' }] }, { status: 400 });
    this.blobs.set(digest, content);
    return new Response(null, { status: 201 });
  }
}
