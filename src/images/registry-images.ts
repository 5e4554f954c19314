// The Images port on registries: what the runtime would learn by pulling, from manifest and config alone. Cached by digest.
import type { Clock, ImageConfig, ImageOutcome, Images, RegistryCredential } from '../ports.ts';
import { matchingCredentials } from './credentials.ts';
import { byDigest, parseReference, shownName } from './reference.ts';
import type { Reference } from './reference.ts';
import { RegistryRefusal, RegistrySession } from './registry-session.ts';
import type { Fetch } from './registry-session.ts';

export interface RegistryImagesOptions {
  fetch: Fetch;
  clock: Pick<Clock, 'now'>;
  /** Wanted architectures, best first. */
  architectures: readonly string[];
}

/** Images from registries; private ones by the credentials of the pod. What cannot be had is an outcome. */
export function registryImages(options: RegistryImagesOptions): Images {
  const cache = new Map<string, Facts>();
  return {
    async resolve(image, _policy, credentials) {
      const reference = parseReference(image);
      if (!reference) {
        const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
        return { failure: 'InvalidImageName', message };
      }
      const began = options.clock.now().getTime();
      const outcome = await tryCredentials(options, cache, reference, matchingCredentials(credentials, reference));
      return 'config' in outcome ? { ...outcome, pulled: true, milliseconds: options.clock.now().getTime() - began } : outcome;
    },
  };
}

type Facts = Omit<ImageConfig, 'name' | 'imageId' | 'reference'>;

/** Every credential that fits is tried, then none at all. */
async function tryCredentials(options: RegistryImagesOptions, cache: Map<string, Facts>, reference: Reference, credentials: readonly RegistryCredential[]): Promise<{ config: ImageConfig } | Exclude<ImageOutcome, { config: ImageConfig }>> {
  let refusal: RegistryRefusal | undefined;
  for (const credential of [...credentials, undefined]) {
    try {
      const facts = await readFacts(new RegistrySession(options.fetch, reference, credential), reference, options.architectures, cache);
      return { config: { ...facts, reference: byDigest(reference, facts.digest), name: shownName(reference), imageId: byDigest(reference, facts.digest) } };
    } catch (error) {
      if (!(error instanceof RegistryRefusal)) {
        return { failure: 'RegistryUnavailable', message: `image pull failed for ${shownName(reference)} because the registry is unavailable` };
      }
      refusal ??= error;
    }
  }
  return { failure: 'ErrImagePull', message: refusal?.message ?? '' };
}

async function readFacts(session: RegistrySession, reference: Reference, architectures: readonly string[], cache: Map<string, Facts>): Promise<Facts> {
  const top = await session.manifest(reference.digest ?? reference.tag ?? 'latest');
  const known = cache.get(top.digest);
  if (known) return known;
  const platform = choosePlatform(top.body, architectures);
  if (platform === null) throw new RegistryRefusal(404, `no match for platform in manifest: not found`);
  const { body, digest } = platform === undefined ? top : await session.manifest(platform);
  const manifest = asFields(body);
  const config = asFields(await session.blob(text(asFields(manifest['config'])['digest'])));
  const facts = toFacts(digest, manifest, config);
  cache.set(top.digest, facts);
  return facts;
}

/** Digest of the manifest for the best architecture; undefined: it is a manifest already; null: none fits. */
function choosePlatform(body: unknown, architectures: readonly string[]): string | undefined | null {
  const { manifests } = asFields(body);
  if (!Array.isArray(manifests)) return undefined;
  const offered = manifests.map(asFields).map((entry) => ({ digest: text(entry['digest']), platform: asFields(entry['platform']) }));
  for (const architecture of architectures) {
    const found = offered.find(({ platform }) => platform['os'] === 'linux' && platform['architecture'] === architecture);
    if (found) return found.digest;
  }
  return null;
}

function toFacts(digest: string, manifest: Fields, image: Fields): Facts {
  const config = asFields(image['config']);
  const layers = Array.isArray(manifest['layers']) ? manifest['layers'].map(asFields) : [];
  return {
    digest,
    sizeBytes: layers.reduce((sum, { size }) => sum + (typeof size === 'number' ? size : 0), 0),
    architecture: text(image['architecture']),
    entrypoint: texts(config['Entrypoint']),
    cmd: texts(config['Cmd']),
    env: texts(config['Env']),
    user: text(config['User']),
    workingDir: text(config['WorkingDir']),
    stopSignal: text(config['StopSignal']),
  };
}

type Fields = Record<string, unknown>;
const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
