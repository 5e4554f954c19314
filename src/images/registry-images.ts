// The Images port on registries: each image from its mirror, then from its own registry, by the first credential that opens it.
import type { Clock } from '../ports/clock.ts';
import type { ImageConfig, ImageOutcome, Images, RegistryCredential } from '../ports/images.ts';
import { present } from '../present.ts';
import { matchingCredentials } from './credentials.ts';
import { imageMemory } from './image-memory.ts';
import type { ImageMemory, KeptImages, KnownImage } from './image-memory.ts';
import { mirrored } from './mirrors.ts';
import type { Mirrors } from './mirrors.ts';
import { readImage } from './read-image.ts';
import { byDigest, parseReference, referenceProblem, shownName } from './reference.ts';
import type { Reference } from './reference.ts';
import { RegistryRefusal } from './refusal.ts';
import { RegistrySession } from './registry-session.ts';
import type { Fetch } from './registry-session.ts';

export interface RegistryImagesOptions {
  fetch: Fetch;
  clock: Pick<Clock, 'now'>;
  /** The architectures to choose from, best first. */
  architectures: readonly string[];
  /** The node's own credentials for a registry, tried after the pod's. */
  nodeCredentials?: (registry: string) => Promise<RegistryCredential[]>;
  /** One registry for everything: it is asked for `<registry>/<repository>`. */
  endpoint?: string;
  /** Where images of a registry are looked for first; tasks pull them from there. */
  mirrors?: Mirrors;
  /** What is known of images beyond this process. */
  kept?: KeptImages;
}

/** Images from registries; private ones with the pod's credentials. An image that cannot be pulled is a return value. */
export function registryImages(options: RegistryImagesOptions): Images {
  const memory = imageMemory(options.kept, options.architectures);
  return {
    async resolve(image, _policy, credentials, onPull) {
      const reference = parseReference(image);
      if (!reference) {
        const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${referenceProblem(image)}`;
        return { failure: 'InvalidImageName', message };
      }
      onPull?.();
      const began = options.clock.now().getTime();
      const outcome = await tryPlaces(options, memory, reference, credentials);
      return 'config' in outcome
        ? { ...outcome, pulled: true, milliseconds: options.clock.now().getTime() - began }
        : outcome;
    },
  };
}

type Failure = Exclude<ImageOutcome, { config: ImageConfig }>;

interface Opened {
  config: ImageConfig;
  credential?: RegistryCredential;
}

/** Each place with its credentials. */
async function tryPlaces(
  options: RegistryImagesOptions,
  memory: ImageMemory,
  reference: Reference,
  credentials: RegistryCredential[],
): Promise<Opened | Failure> {
  const refusals = new Set<string>();
  for (const place of [...mirrored(reference, options.mirrors), reference]) {
    const own = matchingCredentials(credentials, place);
    const found = await tryCredentials(options, memory, place, own, refusals);
    if (found === undefined) continue;
    const { image, credential } = found;
    const config = {
      ...image.facts,
      reference: byDigest(place, image.facts.digest),
      // The name without a mirror, as a node's runtime shows it too.
      name: shownName(reference),
      imageId: byDigest(reference, image.index),
    };
    return { config, ...present({ credential }) };
  }
  // The kubelet lists several failures in brackets, each text once.
  return {
    failure: 'ErrImagePull',
    message: refusals.size > 1 ? `[${[...refusals].join(', ')}]` : ([...refusals][0] ?? ''),
  };
}

/** The node's own credentials; why there are none stands among the refusals. */
async function ofNode(
  { nodeCredentials }: RegistryImagesOptions,
  { registry }: Reference,
  refusals: Set<string>,
): Promise<RegistryCredential[]> {
  try {
    return (await nodeCredentials?.(registry)) ?? [];
  } catch (error) {
    if (!(error instanceof RegistryRefusal)) throw error;
    refusals.add(error.message);
    return [];
  }
}

/** Tries every matching credential, the pod's own first; anonymously only where there is none. */
async function tryCredentials(
  options: RegistryImagesOptions,
  memory: ImageMemory,
  place: Reference,
  own: RegistryCredential[],
  refusals: Set<string>,
): Promise<{ image: KnownImage; credential: RegistryCredential | undefined } | undefined> {
  const all = [...own, ...(await ofNode(options, place, refusals))];
  for (const credential of all.length > 0 ? all : [undefined]) {
    const session = new RegistrySession(options.fetch, place, credential, options.endpoint);
    try {
      const image = await readImage(session, place, options.architectures, memory);
      return { image, credential: credential && own.includes(credential) ? credential : undefined };
    } catch (error) {
      if (!(error instanceof RegistryRefusal)) throw error;
      refusals.add(error.message);
    }
  }
  return undefined;
}
