// One pull's talk with a registry (distribution API v2): GET with the token that the registry's challenge asks for.
import type { RegistryCredential } from '../ports.ts';
import type { Reference } from './reference.ts';

export type Fetch = (url: string, init: { headers: Record<string, string> }) => Promise<Response>;

/** The registry said no: its text is for the pod's status. */
export class RegistryRefusal extends Error {
  override readonly name = 'RegistryRefusal';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export class RegistrySession {
  #authorization: string | undefined;
  readonly #fetch: Fetch;
  readonly #reference: Reference;
  readonly #credential: RegistryCredential | undefined;

  constructor(fetch: Fetch, reference: Reference, credential: RegistryCredential | undefined) {
    this.#fetch = fetch;
    this.#reference = reference;
    this.#credential = credential;
  }

  /** A manifest or index by tag or digest, with its digest. */
  async manifest(reference: string): Promise<{ body: unknown; digest: string }> {
    const response = await this.#get(`manifests/${reference}`, MANIFESTS);
    return { body: await response.json(), digest: response.headers.get('docker-content-digest') ?? reference };
  }

  /** A JSON blob by digest. */
  async blob(digest: string): Promise<unknown> {
    return (await this.#get(`blobs/${digest}`, 'application/json, */*')).json();
  }

  async #get(path: string, accept: string): Promise<Response> {
    const { host, repository } = this.#reference;
    const url = `https://${host}/v2/${repository}/${path}`;
    const ask = (): Promise<Response> => this.#fetch(url, { headers: { accept, ...(this.#authorization ? { authorization: this.#authorization } : {}) } });
    let response = await ask();
    if (response.status === 401) {
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate') ?? '');
      response = await ask();
    }
    if (response.ok) return response;
    throw new RegistryRefusal(response.status, refusalText(this.#reference, response.status));
  }

  async #authorize(challenge: string): Promise<string> {
    const basic = this.#credential && `Basic ${Buffer.from(`${this.#credential.username}:${this.#credential.password}`).toString('base64')}`;
    if (/^basic/i.test(challenge)) return basic ?? '';
    const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const realm = field('realm');
    // The credential goes to whoever the registry names, but never in the clear.
    if (!realm.startsWith('https://')) throw new RegistryRefusal(401, 'the registry asks for a token from no safe place');
    const url = new URL(realm);
    if (field('service')) url.searchParams.set('service', field('service'));
    url.searchParams.set('scope', field('scope') || `repository:${this.#reference.repository}:pull`);
    const response = await this.#fetch(url.href, { headers: basic ? { authorization: basic } : {} });
    if (!response.ok) throw new RegistryRefusal(response.status, refusalText(this.#reference, response.status));
    const { token, access_token: access } = (await response.json()) as { token?: string; access_token?: string };
    return `Bearer ${token ?? access ?? ''}`;
  }
}

/** In the words of the runtime (containerd's resolver). */
function refusalText({ registry, repository, tag, digest }: Reference, status: number): string {
  const name = `${registry}/${repository}${tag ? `:${tag}` : `@${digest ?? ''}`}`;
  const head = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;
  if (status === 404) return `${head}: ${name}: not found`;
  if (status === 401 || status === 403) return `${head}: pull access denied, repository does not exist or may require authorization`;
  return `${head}: unexpected status from GET request: ${status}`;
}
