// The podlet's image without a registry: Node, its libraries, the bundled agent and supervise in one tar, imported into the engine.
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Pack } from 'tar-stream';
import {
  bundleAgent,
  buildSupervise,
  hostArchitecture,
  nodeLibraries,
  podletHash,
  strippedNode,
} from './build.ts';
import type { Architecture } from './build.ts';

export const PODLET_REPOSITORY = 'droppod/podlet';

/** Image configuration in the form of `docker import --change`. supervise is the init: it reaps, and a crash of Node is not the pod's death. */
export const PODLET_CHANGES = [
  'ENTRYPOINT ["/.droppod/bin/supervise", "--init", "/podlet/node", "--no-warnings", "/podlet/podlet.js"]',
  // Copied up into the task's volume, from which every container takes its entry point.
  'VOLUME ["/.droppod/bin"]',
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
  /** Brings in what a build needs (Go); only called before one. */
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
  await importImage(
    { repository: PODLET_REPOSITORY, tag },
    await podletTar(architecture),
    PODLET_CHANGES,
  );
  return reference;
}

/** The image's root filesystem. Node comes from this machine, so the architecture must be this machine's. */
export async function podletTar(architecture: Architecture): Promise<Buffer> {
  if (architecture !== hostArchitecture())
    throw new Error(
      `the podlet image takes Node from this machine (${hostArchitecture()}), the engine wants ${architecture}`,
    );
  const [supervise, node, agent, libraries] = await Promise.all([
    buildSupervise(architecture),
    strippedNode(),
    bundleAgent(),
    nodeLibraries(),
  ]);
  const tar = pack();
  const whole = buffer(tar);
  for (const name of [
    '.droppod/',
    '.droppod/bin/',
    '.droppod/c/',
    '.droppod/v/',
    'podlet/',
    'tmp/',
  ])
    tar.entry({ name, type: 'directory', mode: name === 'tmp/' ? 0o1777 : 0o755 });
  addFile(tar, '.droppod/bin/supervise', await readFile(supervise), 0o755);
  // Its own process must not be able to read it: then no other can look into that (supervise, runAgentStage).
  addFile(tar, 'podlet/node', await readFile(node), 0o111);
  addFile(tar, 'podlet/podlet.js', agent, 0o644);
  // Hosts first: without this file old libraries ask DNS only.
  addFile(tar, 'etc/nsswitch.conf', Buffer.from('hosts: files dns\n'), 0o644);
  for (const library of libraries) addFile(tar, library.slice(1), await readFile(library), 0o755);
  tar.finalize();
  return whole;
}

function addFile(tar: Pack, name: string, content: Buffer, mode: number): void {
  tar.entry({ name, mode, mtime: new Date(0) }, content);
}
