// The Images port on registries: what a runtime would learn by pulling, from manifest and config alone. Cached by digest.
import type { Clock } from '../ports/clock.ts';
import type { ImageConfig, ImageOutcome, Images, RegistryCredential } from '../ports/images.ts';
import { present } from '../present.ts';
import { matchingCredentials } from './credentials.ts';
import { byDigest, parseReference, referenceProblem, shownName } from './reference.ts';
import type { Reference } from './reference.ts';
import { refusedContent, RegistryRefusal } from './refusal.ts';
import { RegistrySession } from './registry-session.ts';
import type { Fetch } from './registry-session.ts';

export interface RegistryImagesOptions {
  fetch: Fetch;
  clock: Pick<Clock, 'now'>;
  /** The architectures to choose from, best first. */
  architectures: readonly string[];
  /** The node's own credentials for a registry, tried after the pod's. */
  nodeCredentials?: (registry: string) => Promise<RegistryCredential[]>;
  /** One registry for all: it is asked for `<registry>/<repository>`. */
  endpoint?: string;
}

/** Images from registries; private ones with the pod's credentials. An image that cannot be pulled is a return value. */
export function registryImages(options: RegistryImagesOptions): Images {
  const cache = new Map<string, Found>();
  return {
    async resolve(image, _policy, credentials, onPull) {
      const reference = parseReference(image);
      if (!reference) {
        const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${referenceProblem(image)}`;
        return { failure: 'InvalidImageName', message };
      }
      onPull?.();
      const began = options.clock.now().getTime();
      const own = matchingCredentials(credentials, reference);
      const outcome = await tryCredentials(
        options,
        cache,
        reference,
        own,
        (await options.nodeCredentials?.(reference.registry)) ?? [],
      );
      return 'config' in outcome
        ? { ...outcome, pulled: true, milliseconds: options.clock.now().getTime() - began }
        : outcome;
    },
  };
}

type Facts = Omit<ImageConfig, 'name' | 'imageId' | 'reference'>;

type Failure = Exclude<ImageOutcome, { config: ImageConfig }>;

/** Tries every matching credential, the pod's own first; anonymously only where there is none. */
async function tryCredentials(
  options: RegistryImagesOptions,
  cache: Map<string, Found>,
  reference: Reference,
  own: RegistryCredential[],
  ofNode: RegistryCredential[],
): Promise<{ config: ImageConfig; credential?: RegistryCredential } | Failure> {
  const refusals = new Set<string>();
  const all = [...own, ...ofNode];
  for (const credential of all.length > 0 ? all : [undefined]) {
    try {
      const { facts, index } = await readFacts(
        new RegistrySession(options.fetch, reference, credential, options.endpoint),
        reference,
        options.architectures,
        cache,
      );
      const config = {
        ...facts,
        reference: byDigest(reference, facts.digest),
        name: shownName(reference),
        imageId: byDigest(reference, index),
      };
      return {
        config,
        ...present({ credential: credential && own.includes(credential) ? credential : undefined }),
      };
    } catch (error) {
      if (!(error instanceof RegistryRefusal)) throw error;
      refusals.add(error.message);
    }
  }
  // The kubelet lists several failures in brackets, each text once.
  return {
    failure: 'ErrImagePull',
    message: refusals.size > 1 ? `[${[...refusals].join(', ')}]` : ([...refusals][0] ?? ''),
  };
}

/** `index`: the digest of the name itself, if that is an index. */
interface Found {
  facts: Facts;
  index: string;
}

async function readFacts(
  session: RegistrySession,
  reference: Reference,
  architectures: readonly string[],
  cache: Map<string, Found>,
): Promise<Found> {
  const top = await session.manifest(reference.digest ?? reference.tag ?? 'latest');
  const known = cache.get(top.digest);
  if (known) return known;
  const platform = choosePlatform(top.body, architectures);
  if (platform === null)
    throw refusedContent(reference, 'no match for platform in manifest: not found');
  const { body, digest } = platform === undefined ? top : await session.manifest(platform);
  const manifest = asFields(body);
  const config = asFields(await session.blob(text(asFields(manifest['config'])['digest'])));
  const found = { facts: toFacts(digest, manifest, config), index: top.digest };
  cache.set(top.digest, found);
  return found;
}

/** Digest of the manifest for the best architecture; undefined: it already is a manifest; null: none fits. */
function choosePlatform(
  body: unknown,
  architectures: readonly string[],
): string | undefined | null {
  const { manifests } = asFields(body);
  if (!Array.isArray(manifests)) return undefined;
  const offered = manifests
    .map(asFields)
    .map((entry) => ({ digest: text(entry['digest']), platform: asFields(entry['platform']) }));
  for (const architecture of architectures) {
    const found = offered.find(
      ({ platform }) => platform['os'] === 'linux' && platform['architecture'] === architecture,
    );
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
const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
