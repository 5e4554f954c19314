// The requests of one pull to a registry (distribution API v2): GET with the credential, or with the token that the registry's challenge asks for.
// Answers are limited in size and verified by their digest.
import { createHash } from 'node:crypto';
import type { RegistryCredential } from '../ports/images.ts';
import { present } from '../present.ts';
import { isLoopback } from './reference.ts';
import type { Reference } from './reference.ts';
import {
  refusedContent,
  refusedLogin,
  refusedStatus,
  refusedToken,
  refusedWithoutPassword,
  unreachable,
} from './refusal.ts';

export type Fetch = (url: string, init: { headers: Record<string, string> }) => Promise<Response>;

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** containerd reads no larger manifest; configurations have the same limit. */
const MAX_BYTES = 8 * 1024 * 1024;

export class RegistrySession {
  #authorization: string | undefined;
  readonly #fetch: Fetch;
  readonly #reference: Reference;
  readonly #credential: RegistryCredential | undefined;
  /** Up to the `/` before `manifests` and `blobs`. */
  readonly #base: string;

  /** `endpoint`: a registry in place of the one that the reference names, with that one's name before the repository's. */
  constructor(
    fetch: Fetch,
    reference: Reference,
    credential: RegistryCredential | undefined,
    endpoint?: string,
  ) {
    const { host, registry, repository } = reference;
    const own = `${isLoopback(host) ? 'http' : 'https'}://${host}/v2/${repository}`;
    this.#base = endpoint === undefined ? own : `${endpoint}/v2/${registry}/${repository}`;
    this.#fetch = fetch;
    this.#reference = reference;
    this.#credential = credential;
  }

  /** A manifest or index by tag or digest, with its digest. */
  async manifest(reference: string): Promise<{ body: unknown; digest: string }> {
    const content = await this.#content(
      `manifests/${reference}`,
      MANIFESTS,
      reference.startsWith('sha256:') ? reference : undefined,
    );
    refuseOldSchema(this.#reference, content.body);
    return content;
  }

  /** A JSON blob by digest. */
  async blob(digest: string): Promise<unknown> {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
      throw refusedContent(this.#reference, `unsupported digest algorithm: ${digest.slice(0, 80)}`);
    return (await this.#content(`blobs/${digest}`, 'application/json, */*', digest)).body;
  }

  async #content(
    path: string,
    accept: string,
    wanted: string | undefined,
  ): Promise<{ body: unknown; digest: string }> {
    const bytes = await this.#bytes(await this.#get(path, accept), path);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (wanted !== undefined && digest !== wanted)
      throw refusedContent(
        this.#reference,
        `unexpected commit digest ${digest}, expected ${wanted}: failed precondition`,
      );
    return { body: this.#parse(bytes, path), digest };
  }

  #parse(bytes: Buffer, what: string): unknown {
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw refusedContent(this.#reference, `${what} is not JSON`);
    }
  }

  async #bytes(response: Response, path: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      const bytes: Uint8Array = chunk;
      size += bytes.length;
      if (size > MAX_BYTES)
        throw refusedContent(this.#reference, `${path} is larger than ${MAX_BYTES} bytes`);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks);
  }

  async #get(path: string, accept: string): Promise<Response> {
    const url = `${this.#base}/${path}`;
    const ask = (): Promise<Response> =>
      this.#ask(url, {
        accept,
        ...present({ authorization: this.#authorization || undefined }),
      });
    let response = await ask();
    if (response.status === 401 && this.#authorization === undefined) {
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate') ?? '');
      response = await ask();
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (
      (response.status === 401 || response.status === 403) &&
      this.#authorization?.startsWith('Bearer')
    )
      throw refusedToken(this.#reference);
    throw refusedStatus(this.#reference, url, response.status, response.statusText);
  }

  async #ask(url: string, headers: Record<string, string>): Promise<Response> {
    try {
      return await this.#fetch(url, { headers });
    } catch (error) {
      throw unreachable(this.#reference, url, error);
    }
  }

  async #authorize(challenge: string): Promise<string> {
    const basic =
      this.#credential &&
      `Basic ${Buffer.from(`${this.#credential.username}:${this.#credential.password}`).toString('base64')}`;
    if (/^bearer/i.test(challenge)) return `Bearer ${await this.#token(challenge, basic)}`;
    if (basic === undefined) throw refusedWithoutPassword(this.#reference);
    return basic;
  }

  async #token(challenge: string, basic: string | undefined): Promise<string> {
    const field = (name: string): string =>
      new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const realm = field('realm');
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    // The credential is sent to the host that the registry names, but never unencrypted.
    if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.host)))
      throw refusedContent(
        this.#reference,
        'failed to authorize: the registry asks for a token from no safe place',
      );
    if (field('service')) url.searchParams.set('service', field('service'));
    url.searchParams.set(
      'scope',
      field('scope') || `repository:${this.#reference.repository}:pull`,
    );
    const response = await this.#ask(url.href, basic ? { authorization: basic } : {});
    if (!response.ok)
      throw refusedLogin(
        this.#reference,
        basic ? 'oauth' : 'anonymous',
        response.status,
        response.statusText,
      );
    const answer = this.#parse(
      await this.#bytes(response, 'the token'),
      "failed to authorize: the token service's answer",
    );
    const { token, access_token: access } = (
      typeof answer === 'object' && answer !== null ? answer : {}
    ) as { token?: unknown; access_token?: unknown };
    const given = token ?? access;
    if (typeof given !== 'string')
      throw refusedContent(this.#reference, 'failed to authorize: the token service gave no token');
    return given;
  }
}

/** Schema 1 has no configuration blob; runtimes no longer read it. */
function refuseOldSchema(reference: Reference, body: unknown): void {
  if (
    typeof body !== 'object' ||
    body === null ||
    !('schemaVersion' in body) ||
    body.schemaVersion !== 1
  )
    return;
  const types = [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
  ];
  throw refusedContent(
    reference,
    `media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "${types.join('" or "')}"`,
  );
}
