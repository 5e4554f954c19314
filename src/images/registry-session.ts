// The requests of one pull to a registry (distribution API v2), with the credential or the token that the registry's challenge demands.
// Answers are limited in size and verified by their digest.
import { createHash } from 'node:crypto';
import type { RegistryCredential } from '../ports/images.ts';
import { present } from '../present.ts';
import { readWithin } from '../read-within.ts';
import { isDigest, isLoopback } from './reference.ts';
import type { Reference } from './reference.ts';
import {
  refusedContent,
  refusedRead,
  refusedStatus,
  refusedToken,
  unreachable,
} from './refusal.ts';
import { authorizationFor, type TokenAnswer } from './registry-login.ts';
import { registryWords } from './registry-words.ts';

type Method = 'GET' | 'HEAD';

export type Fetch = (
  url: string,
  init: { method: Method; headers: Record<string, string> },
) => Promise<Response>;

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** containerd reads no larger manifest; configurations have the same limit. */
const MAX_BYTES = 8 * 1024 * 1024;

const TOKEN_ANSWER = "failed to authorize: the token service's answer";

/** Statuses of registries that do not support HEAD. */
const NO_HEAD = new Set([400, 405, 501]);

interface Asked {
  method: Method;
  path: string;
  accept: string;
}

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

  /**
   * The digest of a manifest or index by tag or digest, if the credential may read it: by HEAD, which Docker Hub does not count as a pull.
   * undefined if the registry does not report it.
   */
  async digest(reference: string): Promise<string | undefined> {
    const path = `manifests/${reference}`;
    const response = await this.#answer({ method: 'HEAD', path, accept: MANIFESTS });
    await response.body?.cancel();
    if (NO_HEAD.has(response.status)) return undefined;
    if (!response.ok) throw this.#refused(response, path);
    if (isDigest(reference)) return reference;
    const digest = response.headers.get('docker-content-digest') ?? '';
    return isDigest(digest) ? digest : undefined;
  }

  /** A manifest or index by tag or digest, with its digest. */
  async manifest(reference: string): Promise<{ body: unknown; digest: string }> {
    const content = await this.#content(
      `manifests/${reference}`,
      MANIFESTS,
      isDigest(reference) ? reference : undefined,
    );
    refuseOldSchema(this.#reference, content.body);
    return content;
  }

  /** A JSON blob by digest. */
  async blob(digest: string): Promise<unknown> {
    if (!isDigest(digest))
      throw refusedContent(this.#reference, `unsupported digest algorithm: ${digest.slice(0, 80)}`);
    return (await this.#content(`blobs/${digest}`, 'application/json, */*', digest)).body;
  }

  async #content(
    path: string,
    accept: string,
    wanted: string | undefined,
  ): Promise<{ body: unknown; digest: string }> {
    const response = await this.#answer({ method: 'GET', path, accept });
    if (!response.ok) throw await this.#refusedRead(response, path, wanted);
    const bytes = await this.#bytes(response, path);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (wanted !== undefined && digest !== wanted)
      throw refusedContent(
        this.#reference,
        `unexpected commit digest ${digest}, expected ${wanted}: failed precondition`,
      );
    return { body: this.#parse(bytes, path), digest };
  }

  #parse(bytes: Uint8Array, what: string): unknown {
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      throw refusedContent(this.#reference, `${what} is not JSON`);
    }
  }

  /** The limit applies to the decompressed response. */
  async #bytes(response: Response, path: string): Promise<Uint8Array> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readWithin(response, MAX_BYTES);
    } catch (error) {
      throw unreachable(this.#reference, `${this.#base}/${path}`, error, 'Get');
    }
    if (bytes === undefined)
      throw refusedContent(this.#reference, `${path} is larger than ${MAX_BYTES} bytes`);
    return bytes;
  }

  /** The answer, whatever its status, after at most one login. */
  async #answer({ method, path, accept }: Asked): Promise<Response> {
    const url = `${this.#base}/${path}`;
    const ask = (): Promise<Response> =>
      this.#ask(method, url, {
        accept,
        ...present({ authorization: this.#authorization || undefined }),
      });
    const response = await ask();
    if (response.status !== 401 || this.#authorization !== undefined) return response;
    await response.body?.cancel();
    // A host to which the registry has redirected must not decide where its password is sent.
    if (response.url !== '' && new URL(response.url).origin !== new URL(url).origin)
      throw this.#refused(response, path);
    this.#authorization = await authorizationFor(
      this.#reference,
      this.#credential,
      response.headers.get('www-authenticate') ?? '',
      (tokenUrl, headers) => this.#tokenAnswer(tokenUrl, headers),
    );
    return ask();
  }

  #refused({ status, statusText }: Response, path: string): Error {
    const hasToken = this.#authorization?.startsWith('Bearer') === true;
    if ((status === 401 || status === 403) && hasToken) return refusedToken(this.#reference);
    return refusedStatus(this.#reference, `${this.#base}/${path}`, status, statusText);
  }

  /** What a digest names is known to exist: a refusal of its content has a reason of its own. */
  async #refusedRead(response: Response, path: string, wanted: string | undefined): Promise<Error> {
    const words = await registryWords(response);
    if (wanted === undefined || response.status === 401 || response.status === 403)
      return this.#refused(response, path);
    const { status, statusText } = response;
    return refusedRead(
      this.#reference,
      `${this.#base}/${path}`,
      `${status} ${statusText}`.trim(),
      words,
    );
  }

  async #ask(method: Method, url: string, headers: Record<string, string>): Promise<Response> {
    try {
      return await this.#fetch(url, { method, headers });
    } catch (error) {
      throw unreachable(this.#reference, url, error, method === 'HEAD' ? 'Head' : 'Get');
    }
  }

  /** An answer of the registry's token service. */
  async #tokenAnswer(url: string, headers: Record<string, string>): Promise<TokenAnswer> {
    const response = await this.#ask('GET', url, headers);
    const { ok, status, statusText } = response;
    if (!ok) await response.body?.cancel();
    return ok
      ? { body: this.#parse(await this.#bytes(response, 'the token'), TOKEN_ANSWER) }
      : { status, statusText };
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
