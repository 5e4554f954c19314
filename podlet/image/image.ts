// The podlet's image for this machine's engine: podlet/image/tree.ts with this machine's Node and its libraries, as one tar to import.
// podlet/image/oci.ts builds the deployed image from the same tree.
import { readFile } from 'node:fs/promises';
import { tarOf } from './archive.ts';
import { hostArchitecture, nodeLibraries, podletHash, strippedNode } from './build.ts';
import type { Architecture } from './build.ts';
import { nodeFile, ownFiles, PODLET_ENTRYPOINT, PODLET_VOLUMES } from './tree.ts';

const PODLET_REPOSITORY = 'droppod/podlet';

/** Image configuration in the form of `docker import --change`. */
const CHANGES = [
  `ENTRYPOINT ${JSON.stringify(PODLET_ENTRYPOINT)}`,
  `VOLUME ${JSON.stringify(PODLET_VOLUMES)}`,
];

export interface PodletImageOptions {
  importImage(
    into: { repository: string; tag: string },
    tar: Buffer,
    changes: string[],
  ): Promise<unknown>;
  hasImage(reference: string): Promise<boolean>;
  /** The engine's architecture. */
  architecture: Architecture;
  /** Installs what a build needs (Go); only called before one. */
  prepare?(): Promise<void>;
  log(text: string): void;
}

/** The reference of the podlet's image; built and imported only when its content changed. */
export async function ensurePodletImage({
  importImage,
  hasImage,
  architecture,
  prepare,
  log,
}: PodletImageOptions): Promise<string> {
  const tag = await podletHash(architecture);
  const reference = `${PODLET_REPOSITORY}:${tag}`;
  if (await hasImage(reference)) return reference;
  await prepare?.();
  log('building the podlet image …');
  await importImage({ repository: PODLET_REPOSITORY, tag }, await podletTar(architecture), CHANGES);
  return reference;
}

/** The image's root filesystem. Node comes from this machine, so the architecture must be this machine's. */
async function podletTar(architecture: Architecture): Promise<Buffer> {
  if (architecture !== hostArchitecture())
    throw new Error(
      `the podlet image takes Node from this machine (${hostArchitecture()}), the engine wants ${architecture}`,
    );
  const [own, node, libraries] = await Promise.all([
    ownFiles(architecture),
    strippedNode(),
    nodeLibraries(),
  ]);
  return tarOf([
    ...own,
    nodeFile(await readFile(node)),
    ...(await Promise.all(
      libraries.map(async (library) => ({
        name: library.slice(1),
        mode: 0o755,
        content: await readFile(library),
      })),
    )),
  ]);
}
