// The podlet's image for this machine's engine: podlet/image/tree.ts with Bun and this machine's libraries, as one tar to import.
// podlet/image/oci.ts builds the deployed image from the same tree.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tarOf } from './archive.ts';
import type { TreeFile } from './archive.ts';
import { bundleAgent, OUTPUT, podletHash } from './build.ts';
import type { Architecture } from './build.ts';
import { downloadsInto } from './download.ts';
import { bun, compiledAgent, localLibraries } from './parts.ts';
import { ownFiles, PODLET_ENTRYPOINT, PODLET_VOLUMES } from './tree.ts';

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
  /** Installs what a build needs (Go); only called for one. */
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
  log('building the podlet image …');
  const downloads = downloadsInto(OUTPUT);
  const [runtime] = await Promise.all([bun(downloads, architecture), prepare?.()]);
  const [agent, libraries] = await withProgram(runtime, async (program) =>
    Promise.all([
      compiledAgent(await bundleAgent(), program, log),
      localLibraries(downloads, architecture, program),
    ]),
  );
  const tar = await tarOf([...(await ownFiles(architecture)), ...agent, runtime, ...libraries]);
  await importImage({ repository: PODLET_REPOSITORY, tag }, tar, CHANGES);
  return reference;
}

/** Does `work` with the file as a program, in a directory of its own. */
async function withProgram<T>(
  { content }: TreeFile,
  work: (path: string) => Promise<T>,
): Promise<T> {
  // Not among everybody's temporary files: Bun reads settings of the directories above.
  await mkdir(OUTPUT, { recursive: true });
  const directory = await mkdtemp(join(OUTPUT, 'program-'));
  try {
    const path = join(directory, 'program');
    await writeFile(path, content ?? '', { mode: 0o755 });
    return await work(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
