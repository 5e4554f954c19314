// The deployed podlet image: an OCI image layout for one or both architectures, built without a container engine, whose digests depend
// only on its content. Three layers: libraries, Bun, droppod's own; only the last one changes between versions.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'fflate';
import { tarOf, type TreeFile } from './archive.ts';
import { BUN, librariesOf } from './base.ts';
import { bundleAgent } from './build.ts';
import type { Architecture } from './build.ts';
import type { Downloads } from './download.ts';
import { bun, debianLibraries } from './parts.ts';
import { agentFile, ownFiles, PODLET_ENTRYPOINT, PODLET_VOLUMES } from './tree.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture: string; os: string };
}

interface Layer {
  compressed: Buffer;
  /** Digest of the tar inside, which the image's configuration lists. */
  diffId: string;
}

const digestOf = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Compressed by a locked package: zlib's output differs between versions of Node. */
async function layerOf(files: readonly TreeFile[]): Promise<Layer> {
  const tar = await tarOf(files);
  return { compressed: Buffer.from(gzipSync(tar, { mtime: 0, level: 6 })), diffId: digestOf(tar) };
}

/** Compressing Bun takes seconds, so its layer is cached by the hash of its inputs. */
async function keptLayer(
  directory: string,
  sources: object,
  make: () => Promise<TreeFile[]>,
): Promise<Layer> {
  const key = createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 24);
  const file = join(directory, `layer-${key}.tar.gz`);
  // An unreadable one is built again.
  const [compressed, note] = await Promise.all([
    readFile(file).catch(() => undefined),
    readFile(`${file}.json`, 'utf8').catch(() => undefined),
  ]);
  if (compressed && note) {
    const { digest, diffId } = JSON.parse(note) as { digest: string; diffId: string };
    if (digest === digestOf(compressed)) return { compressed, diffId };
  }
  const layer = await layerOf(await make());
  await put(file, layer.compressed);
  const digest = digestOf(layer.compressed);
  await put(`${file}.json`, Buffer.from(JSON.stringify({ digest, diffId: layer.diffId })));
  return layer;
}

const bunLayer = (downloads: Downloads, architecture: Architecture): Promise<Layer> =>
  keptLayer(downloads.directory, BUN[architecture], async () => [
    { name: 'podlet/', mode: 0o755 },
    await bun(downloads, architecture),
  ]);

const libraryLayer = (downloads: Downloads, architecture: Architecture): Promise<Layer> =>
  keptLayer(downloads.directory, librariesOf(architecture), () =>
    debianLibraries(downloads, architecture),
  );

interface Image {
  blobs: Map<string, Buffer>;
  manifest: Descriptor;
}

async function imageOf(downloads: Downloads, architecture: Architecture): Promise<Image> {
  // droppod's own first: a missing Go shows before 52 MB are downloaded. Sequential, because two Buns at once take half a gigabyte.
  const own = await layerOf([...(await ownFiles(architecture)), agentFile(await bundleAgent())]);
  const libraries = await libraryLayer(downloads, architecture);
  const layers = [libraries, await bunLayer(downloads, architecture), own];
  const blobs = new Map<string, Buffer>();
  const keep = (mediaType: string, content: Buffer): Descriptor => {
    const digest = digestOf(content);
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const platform = { architecture, os: 'linux' };
  const config = {
    ...platform,
    config: {
      Entrypoint: PODLET_ENTRYPOINT,
      Volumes: Object.fromEntries(PODLET_VOLUMES.map((path) => [path, {}])),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: keep(OCI_CONFIG, json(config)),
    layers: layers.map(({ compressed }) => keep(OCI_LAYER, compressed)),
  };
  return { blobs, manifest: { ...keep(OCI_MANIFEST, json(manifest)), platform } };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Writes the layout of an index over these architectures into `directory`; returns the index's digest. */
export async function writeLayout(
  directory: string,
  architectures: readonly Architecture[],
  downloads: Downloads,
): Promise<string> {
  const blobs = new Map<string, Buffer>();
  const manifests: Descriptor[] = [];
  for (const architecture of [...new Set(architectures)].sort()) {
    const image = await imageOf(downloads, architecture);
    for (const [digest, content] of image.blobs) blobs.set(digest, content);
    manifests.push(image.manifest);
  }
  if (manifests.length === 0) throw new Error('an image needs an architecture');
  const index = json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  const top: Descriptor = { mediaType: OCI_INDEX, digest: digestOf(index), size: index.length };
  blobs.set(top.digest, index);
  const folder = join(directory, 'blobs', 'sha256');
  await mkdir(folder, { recursive: true });
  const names = new Set([...blobs.keys()].map((digest) => digest.slice('sha256:'.length)));
  for (const old of await readdir(folder)) if (!names.has(old)) await rm(join(folder, old));
  for (const [digest, content] of blobs) await put(join(folder, digest.slice(7)), content);
  await put(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  await put(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [top] }));
  return top.digest;
}

/** Completely or not at all: the layout may be read concurrently. */
async function put(file: string, content: Buffer): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(`${file}.${process.pid}`, content);
  await rename(`${file}.${process.pid}`, file);
}
