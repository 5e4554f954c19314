// droppod's own part of every podlet image: supervise, the bundled agent, their directories, and the entry point.
import { readFile } from 'node:fs/promises';
import type { TreeFile } from './archive.ts';
import { buildSupervise, bundleAgent } from './build.ts';
import type { Architecture } from './build.ts';

/** supervise is the init: it reaps, and restarts Node after a crash without ending the pod. */
export const PODLET_ENTRYPOINT = [
  '/.droppod/bin/supervise',
  '--init',
  '/podlet/node',
  '--no-warnings',
  '/podlet/podlet.js',
];

/** Copied into the task's volume, from which every container takes its entry point. */
export const PODLET_VOLUMES = ['/.droppod/bin'];

const DIRECTORIES = ['.droppod/', '.droppod/bin/', '.droppod/c/', '.droppod/v/', 'podlet/'];

/** droppod's own files of the image. */
export async function ownFiles(architecture: Architecture): Promise<TreeFile[]> {
  const [supervise, agent] = await Promise.all([buildSupervise(architecture), bundleAgent()]);
  return [
    ...DIRECTORIES.map((name) => ({ name, mode: 0o755 })),
    { name: 'tmp/', mode: 0o1777 },
    { name: '.droppod/bin/supervise', mode: 0o755, content: await readFile(supervise) },
    { name: 'podlet/podlet.js', mode: 0o644, content: agent },
    // Hosts first: without this file old libraries ask DNS only.
    { name: 'etc/nsswitch.conf', mode: 0o644, content: Buffer.from('hosts: files dns\n') },
  ];
}

/** Node's file. Its own process must not be able to read it, so that no other can look into that process (supervise, runAgentStage). */
export const nodeFile = (content: Buffer): TreeFile => ({
  name: 'podlet/node',
  mode: 0o111,
  content,
});
