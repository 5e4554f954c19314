// What every podlet image has of droppod's own, wherever Node comes from: supervise, the bundled agent, their directories, and how it starts.
import { readFile } from 'node:fs/promises';
import type { TreeFile } from './archive.ts';
import { buildSupervise, bundleAgent } from './build.ts';
import type { Architecture } from './build.ts';

/** supervise is the init: it reaps, and a crash of Node is not the pod's death. */
export const PODLET_ENTRYPOINT = [
  '/.droppod/bin/supervise',
  '--init',
  '/podlet/node',
  '--no-warnings',
  '/podlet/podlet.js',
];

/** Copied up into the task's volume, from which every container takes its entry point. */
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

/** Node in its place. Its own process must not be able to read it: then no other can look into that (supervise, runAgentStage). */
export const nodeFile = (content: Buffer): TreeFile => ({
  name: 'podlet/node',
  mode: 0o111,
  content,
});
