// Registry content that the engine cannot push: tags moved from outside, indexes of several platforms, hand-made manifests and blobs.
import { createHash } from 'node:crypto';
import type { TestRegistry } from './registry.ts';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';

interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  config: { mediaType: string; size: number; digest: string };
  layers: { mediaType: string; size: number; digest: string }[];
}

/** Stores a manifest or an index; returns its digest. */
async function putManifest(
  registry: TestRegistry,
  repository: string,
  reference: string,
  manifest: { mediaType: string },
): Promise<string> {
  const answer = await registry.ask('PUT', `${repository}/manifests/${reference}`, {
    body: JSON.stringify(manifest),
    type: manifest.mediaType,
  });
  if (!answer.ok)
    throw new Error(
      `${repository}:${reference} was not taken: ${answer.status} ${await answer.text()}`,
    );
  return answer.headers.get('docker-content-digest') ?? '';
}

/** Stores a blob; returns its digest. */
async function putBlob(
  registry: TestRegistry,
  repository: string,
  content: string,
): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const upload =
    (await registry.ask('POST', `${repository}/blobs/uploads/`)).headers.get('location') ?? '';
  const answer = await registry.ask(
    'PUT',
    `${upload}${upload.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
    { body: content, type: 'application/octet-stream' },
  );
  if (!answer.ok) throw new Error(`a blob was not taken: ${answer.status} ${await answer.text()}`);
  return digest;
}

/** The manifest of one platform. */
async function getManifest(
  registry: TestRegistry,
  repository: string,
  reference: string,
): Promise<Manifest> {
  return (await (
    await registry.ask('GET', `${repository}/manifests/${reference}`, { accept: MANIFEST })
  ).json()) as Manifest;
}

/** Moves `tag` of one repository to an image of another; returns its digest there. */
export async function moveTag(
  registry: TestRegistry,
  from: string,
  digest: string,
  to: string,
  tag: string,
): Promise<string> {
  const manifest = await getManifest(registry, from, digest);
  for (const blob of [manifest.config, ...manifest.layers])
    await registry.ask('POST', `${to}/blobs/uploads/?mount=${blob.digest}&from=${from}`);
  return putManifest(registry, to, tag, manifest);
}

/** Stores an index of the amd64 image `digest` and an arm64 image with the same layers; returns the digests of both. */
export async function putIndex(
  registry: TestRegistry,
  repository: string,
  tag: string,
  digest: string,
): Promise<{ index: string; arm64: string }> {
  const manifest = await getManifest(registry, repository, digest);
  const image = await (
    await registry.ask('GET', `${repository}/blobs/${manifest.config.digest}`)
  ).text();
  const other = image.replace('"architecture":"amd64"', '"architecture":"arm64"');
  const config = {
    ...manifest.config,
    size: other.length,
    digest: await putBlob(registry, repository, other),
  };
  const arm64 = await putManifest(registry, repository, 'arm64', {
    ...manifest,
    config,
  } as Manifest);
  const entry = (of: string, architecture: string): object => ({
    mediaType: MANIFEST,
    size: JSON.stringify({ ...manifest, config }).length,
    digest: of,
    platform: { os: 'linux', architecture },
  });
  const index = await putManifest(registry, repository, tag, {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [entry(arm64, 'arm64'), entry(digest, 'amd64')],
  } as { mediaType: string });
  return { index, arm64 };
}
