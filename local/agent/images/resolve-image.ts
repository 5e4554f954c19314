// The image that a reference means on this machine, with its configuration: the engine's own comes first or last, as the pull policy says.
// Results have the words that Kubernetes shows; aws/registry gives the same answers over HTTP.
import {
  inspectImage,
  pullImage,
  type ImageFacts,
  type PullCredential,
} from '../../docker/images.ts';
import { DockerError, type Docker } from '../../docker/engine-api.ts';
import { fitsGlob } from '../../../src/glob.ts';
import type {
  ImageConfig,
  ImageOutcome,
  Images,
  RegistryCredential,
} from '../../../src/ports/images.ts';
import { present } from '../../../src/present.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { fullName, parseImageName, referenceProblem, type ImageName } from './image-name.ts';
import { aggregate, runtimeText } from './pull-message.ts';

/** The Images port on the engine. Equal concurrent pulls are one. */
export interface ImageResolver extends Images {
  /** From now on this digest means that image, under any name: a registry's front has made a manifest for it. */
  alias(digest: string, imageId: string): void;
  /** The engine's own facts of an image, without any pull. */
  inspect(image: string): Promise<ImageFacts | undefined>;
}

/** How long a registry that could not be reached is not asked again for images that exist here. */
const UNREACHABLE_MS = 30_000;

/** A resolver for one engine. */
export function createImageResolver(docker: Docker, clock: Clock): ImageResolver {
  const unreachable = new Map<string, number>();
  const pulls = new Map<string, Promise<string | undefined>>();
  const aliases = new Map<string, string>();
  const pullOnce = (
    name: string,
    credential: PullCredential | undefined,
  ): Promise<string | undefined> => {
    const key = JSON.stringify([name, credential]);
    const running =
      pulls.get(key) ?? pullImage(docker, name, credential).finally(() => pulls.delete(key));
    pulls.set(key, running);
    return running;
  };
  return {
    inspect: (image) => inspectImage(docker, image),
    alias: (digest, imageId) => void aliases.set(digest, imageId),
    async resolve(image, policy, credentials, onPull) {
      const begun = clock.now().getTime();
      const named = parseImageName(image);
      const parsed = named && unaliased(named, aliases);
      if (!parsed)
        return {
          failure: 'InvalidImageName',
          message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${referenceProblem(image)}`,
        };
      const askFirst = policy === 'Always' && (unreachable.get(parsed.registry) ?? 0) <= begun;
      const here = askFirst ? undefined : await inspectPresent(docker, parsed);
      if (here) return found(parsed, here, { pulled: false, milliseconds: 0 });
      if (policy === 'Never')
        return {
          failure: 'ErrImageNeverPull',
          message: `Container image "${image}" is not present with pull policy of Never`,
        };
      onPull?.();
      const pull = await pullWithAny(pullOnce, parsed, matching(credentials, parsed));
      const problem = 'problem' in pull ? pull.problem : undefined;
      if (problem?.unreachable) unreachable.set(parsed.registry, begun + UNREACHABLE_MS);
      const facts =
        problem === undefined || problem.unreachable
          ? await inspectPresent(docker, parsed)
          : undefined;
      if (facts)
        return found(
          parsed,
          facts,
          { pulled: problem === undefined, milliseconds: clock.now().getTime() - begun },
          'digest' in pull ? pull.digest : undefined,
        );
      return {
        failure: 'ErrImagePull',
        message: problem?.text ?? runtimeText(parsed, 'the engine lost the image after its pull'),
      };
    },
  };
}

const unaliased = (name: ImageName, aliases: ReadonlyMap<string, string>): ImageName => ({
  ...name,
  ...present({ digest: name.digest && (aliases.get(name.digest) ?? name.digest) }),
});

/** A digest may be the engine's image id or a registry's manifest digest. */
async function inspectPresent(docker: Docker, name: ImageName): Promise<ImageFacts | undefined> {
  const facts = await inspectImage(docker, fullName(name));
  if (facts || name.digest === undefined) return facts;
  return inspectImage(docker, name.digest);
}

interface PullProblem {
  text: string;
  /** No registry answered at all, in contrast to: it refused or has no such image. */
  unreachable: boolean;
}

const UNREACHABLE =
  /connection refused|no such host|no route to host|network is unreachable|i\/o timeout|server misbehaving|Client\.Timeout|TLS handshake timeout|context deadline exceeded|Temporary failure|proxyconnect/i;

type Pull = (name: string, credential: PullCredential | undefined) => Promise<string | undefined>;

/** Tries every credential, or none where there is none; the first success ends it and gives the digest of the registry's name. */
async function pullWithAny(
  pull: Pull,
  name: ImageName,
  credentials: PullCredential[],
): Promise<{ digest: string | undefined } | { problem: PullProblem }> {
  const texts = new Set<string>();
  for (const credential of credentials.length > 0 ? credentials : [undefined]) {
    try {
      return { digest: await pull(fullName(name), credential) };
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      const unreachable = UNREACHABLE.test(error.message);
      texts.add(runtimeText(name, error.message));
      if (unreachable) return { problem: { text: aggregate(texts), unreachable } };
    }
  }
  return { problem: { text: aggregate(texts), unreachable: false } };
}

/** Most specific path first, in the kubelet's order. */
function matching(
  credentials: RegistryCredential[],
  { registry, repository }: ImageName,
): PullCredential[] {
  const fits = credentials.filter((credential) =>
    matches(credential.registry, registry, repository),
  );
  fits.sort((a, b) => b.registry.length - a.registry.length);
  return fits.map(({ username, password }) => ({
    username,
    password,
    serverAddress: registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry,
  }));
}

function matches(pattern: string, registry: string, repository: string): boolean {
  const bare = pattern
    .replace(/^https?:\/\//, '')
    .replace(/\/(v1|v2)\/?$/, '')
    .replace(/\/$/, '');
  const [host = '', ...path] = bare.split('/');
  const canonical =
    host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
  const wanted = canonical.split('.');
  const given = registry.split('.');
  const hostFits =
    wanted.length === given.length && wanted.every((label, i) => fitsGlob(label, given[i] ?? ''));
  const prefix = path.join('/');
  return (
    hostFits && (prefix === '' || repository === prefix || repository.startsWith(`${prefix}/`))
  );
}

function found(
  name: ImageName,
  facts: ImageFacts,
  how: { pulled: boolean; milliseconds: number },
  pulledDigest?: string,
): ImageOutcome {
  const repository = `${name.registry}/${name.repository}`;
  const registryDigest = registryDigestOf(name, facts, pulledDigest);
  const { Config } = facts;
  const config: ImageConfig = {
    digest: facts.Id,
    reference: `${repository}@${facts.Id}`,
    name: fullName(name),
    // An image that came from no registry is named by its own id, as in containerd.
    imageId: registryDigest === undefined ? facts.Id : `${repository}@${registryDigest}`,
    sizeBytes: facts.Size,
    architecture: facts.Architecture,
    entrypoint: Config.Entrypoint ?? [],
    cmd: Config.Cmd ?? [],
    env: Config.Env ?? [],
    user: Config.User ?? '',
    workingDir: Config.WorkingDir ?? '',
    stopSignal: Config.StopSignal ?? '',
  };
  return { config, ...how };
}

/** The digest by which the image's own repository knows it: an image may come from several, and by an index as well as by its manifest. */
function registryDigestOf(
  name: ImageName,
  { Id, RepoDigests }: ImageFacts,
  pulledDigest: string | undefined,
): string | undefined {
  const digests = (RepoDigests ?? []).flatMap((text) => {
    const parsed = parseImageName(text);
    return parsed?.registry === name.registry &&
      parsed.repository === name.repository &&
      parsed.digest !== undefined
      ? [parsed.digest]
      : [];
  });
  const wanted = name.digest === Id ? undefined : (pulledDigest ?? name.digest);
  return digests.find((digest) => digest === wanted) ?? digests[0];
}
