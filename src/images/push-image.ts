// Pushes an image into a registry (distribution API v2, as far as needed): missing blobs, then manifests, with the index
// last. Every step may be repeated: what the registry already has is not sent again.
import { createHash } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';
import type { RegistryCredential } from '../ports/images.ts';
import { present } from '../present.ts';
import { isLoopback } from './reference.ts';
import { registryWords } from './registry-words.ts';

export interface PushContent {
  digest: string;
  read(): Promise<Uint8Array>;
}

export interface PushedImage {
  /** The registry's host and port. */
  registry: string;
  repository: string;
  /** A further name for the last manifest. */
  tag: string;
  blobs: PushContent[];
  /** The platforms' manifests, then the index over them. */
  manifests: (PushContent & { mediaType: string })[];
}

export interface PushTools {
  fetch: typeof fetch;
  clock: Pick<Clock, 'sleep'>;
  credential: RegistryCredential;
}

/** A registry's answers while it is overloaded. */
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);
const TRIES = 5;
const FIRST_WAIT_MS = 500;

/** Pushes the image; returns the digest of its last manifest. Throws with the registry's own words. */
export async function pushImage(tools: PushTools, image: PushedImage): Promise<string> {
  const push = new Push(tools, image);
  for (const blob of image.blobs) await push.blob(blob);
  for (const [at, manifest] of image.manifests.entries()) {
    await push.manifest(manifest, manifest.digest);
    if (at === image.manifests.length - 1) await push.manifest(manifest, image.tag);
  }
  const last = image.manifests.at(-1);
  if (last === undefined) throw new Error('an image without a manifest cannot be pushed');
  return last.digest;
}

interface Sent {
  method: string;
  url: string;
  body?: Uint8Array;
  type?: string;
  /** Expected statuses; any other is an error. */
  expected: readonly number[];
}

class Push {
  readonly #tools: PushTools;
  readonly #base: URL;
  readonly #authorization: string;

  constructor(tools: PushTools, { registry, repository }: PushedImage) {
    this.#tools = tools;
    const scheme = isLoopback(registry) ? 'http' : 'https';
    this.#base = new URL(`${scheme}://${registry}/v2/${repository}/`);
    const { username, password } = tools.credential;
    this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  /** Uploads one blob: open, send everything, close under its digest. After an interruption it begins a new upload. */
  async blob(content: PushContent): Promise<void> {
    const { digest } = content;
    const there = await this.#ask({
      method: 'HEAD',
      url: this.#at(`blobs/${digest}`),
      // ECR redirects to the blob's storage.
      expected: [200, 307, 404],
    });
    if (there.status !== 404) return;
    const body = await proven(content);
    await this.#repeated(async () => {
      const opened = await this.#once({
        method: 'POST',
        url: this.#at('blobs/uploads/'),
        expected: [202],
      });
      const sent = await this.#once({
        method: 'PATCH',
        url: this.#next(opened),
        body,
        type: 'application/octet-stream',
        expected: [201, 202, 204],
      });
      const closing = new URL(this.#next(sent));
      closing.searchParams.set('digest', digest);
      return this.#once({ method: 'PUT', url: closing.href, expected: [201, 204] });
    });
  }

  /** Stores a manifest under a reference and checks that the registry keeps exactly these bytes. */
  async manifest(content: PushContent & { mediaType: string }, reference: string): Promise<void> {
    const answer = await this.#ask({
      method: 'PUT',
      url: this.#at(`manifests/${reference}`),
      body: await proven(content),
      type: content.mediaType,
      expected: [200, 201],
    });
    const kept = answer.headers.get('docker-content-digest');
    if (kept !== null && kept !== content.digest)
      throw new Error(`the registry keeps ${kept} for the manifest ${content.digest}`);
  }

  #at(path: string): string {
    return new URL(path, this.#base).href;
  }

  /** Where an upload continues. The password is only sent to this registry. */
  #next(answer: Response): string {
    const location = answer.headers.get('location');
    const next = location === null ? undefined : new URL(location, answer.url || this.#base);
    if (next === undefined) throw new Error('the registry names no place for the upload');
    if (next.host !== this.#base.host || next.protocol !== this.#base.protocol)
      throw new Error(`the registry sends the upload to another host (${next.host})`);
    return next.href;
  }

  #ask(sent: Sent): Promise<Response> {
    return this.#repeated(() => this.#once(sent));
  }

  async #repeated(act: () => Promise<Response>): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof TryAgain) || attempt === TRIES) throw error;
        await this.#tools.clock.sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
      }
    }
  }

  async #once({ method, url, body, type, expected }: Sent): Promise<Response> {
    const what = `${method} ${new URL(url).pathname}`;
    let answer: Response;
    try {
      answer = await this.#tools.fetch(url, {
        method,
        redirect: 'manual',
        headers: {
          authorization: this.#authorization,
          ...present({ 'content-type': type }),
        },
        ...present({ body: body === undefined ? undefined : (body as Uint8Array<ArrayBuffer>) }),
      });
    } catch (cause) {
      throw new TryAgain(`${what}: ${reasonOf(cause)}`, { cause });
    }
    if (expected.includes(answer.status)) {
      await answer.body?.cancel();
      return answer;
    }
    const words = (await registryWords(answer)) || answer.statusText;
    const message = `${what}: ${answer.status} ${words}`.trim();
    throw AGAIN.has(answer.status) ? new TryAgain(message) : new Error(message);
  }
}

/** A fault that another try may avoid. */
class TryAgain extends Error {}

/** The sent bytes must have the requested digest: the registry would only say so later and in other words. */
async function proven({ digest, read }: PushContent): Promise<Uint8Array> {
  const bytes = await read();
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found !== digest) throw new Error(`the content of ${digest} is damaged: it is ${found}`);
  return bytes;
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};
