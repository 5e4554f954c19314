// What a runtime would learn of an image by pulling it, from manifest and config alone: by HEAD whether it is known already, else by GET.
import { mapOf } from '../own.ts';
import type { ImageFacts, ImageMemory, KnownImage } from './image-memory.ts';
import { byDigest, isDigest } from './reference.ts';
import type { Reference } from './reference.ts';
import { refusedContent } from './refusal.ts';
import type { RegistrySession } from './registry-session.ts';

/**
 * The image that the reference names now. The registry is asked in any case, so that nothing of an image reaches whoever may not read it;
 * the memory is keyed by the repository too, so that a registry that claims another's digest learns nothing.
 */
export async function readImage(
  session: RegistrySession,
  reference: Reference,
  architectures: readonly string[],
  memory: ImageMemory,
): Promise<KnownImage> {
  const name = reference.digest ?? reference.tag ?? 'latest';
  const digest = await session.digest(name);
  const known = digest === undefined ? undefined : await memory.get(byDigest(reference, digest));
  if (known !== undefined) return known;
  const top = await session.manifest(digest ?? name);
  // A registry that does not say digests shows them by what it sends.
  const read = digest === undefined ? await memory.get(byDigest(reference, top.digest)) : undefined;
  if (read !== undefined) return read;
  const image = await readManifest(session, reference, architectures, top);
  await memory.put(byDigest(reference, top.digest), image);
  return image;
}

async function readManifest(
  session: RegistrySession,
  reference: Reference,
  architectures: readonly string[],
  top: { body: unknown; digest: string },
): Promise<KnownImage> {
  const platform = choosePlatform(top.body, architectures);
  if (platform === null)
    throw refusedContent(reference, 'no match for platform in manifest: not found');
  if (platform !== undefined && !isDigest(platform))
    throw refusedContent(reference, `unsupported digest algorithm: ${platform.slice(0, 80)}`);
  const { body, digest } = platform === undefined ? top : await session.manifest(platform);
  const manifest = mapOf(body);
  const config = mapOf(await session.blob(text(mapOf(manifest['config'])['digest'])));
  return { facts: toFacts(digest, manifest, config), index: top.digest };
}

/** Digest of the manifest for the best architecture; undefined: it already is a manifest; null: none fits. */
function choosePlatform(
  body: unknown,
  architectures: readonly string[],
): string | undefined | null {
  const { manifests } = mapOf(body);
  if (!Array.isArray(manifests)) return undefined;
  const offered = manifests
    .map(mapOf)
    .map((entry) => ({ digest: text(entry['digest']), platform: mapOf(entry['platform']) }));
  for (const architecture of architectures) {
    const found = offered.find(
      ({ platform }) => platform['os'] === 'linux' && platform['architecture'] === architecture,
    );
    if (found) return found.digest;
  }
  return null;
}

function toFacts(digest: string, manifest: Fields, image: Fields): ImageFacts {
  const config = mapOf(image['config']);
  const layers = Array.isArray(manifest['layers']) ? manifest['layers'].map(mapOf) : [];
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
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
