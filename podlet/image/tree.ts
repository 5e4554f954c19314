// droppod's own part of every podlet image: supervise, the bundled agent, their directories, and the entry point.
import { readFile } from 'node:fs/promises';
import type { TreeFile } from './archive.ts';
import { buildSupervise } from './build.ts';
import type { Architecture } from './build.ts';

/** The agent's file in the image. */
export const AGENT = 'podlet/podlet.js';

/** supervise is the init: it reaps, and restarts Bun after a crash without ending the pod. */
export const PODLET_ENTRYPOINT = [
  '/.droppod/bin/supervise',
  '--init',
  '/podlet/bun',
  // Nothing is looked for: no packages, no variables, no settings.
  '--no-install',
  '--no-env-file',
  '--config=/dev/null',
  `/${AGENT}`,
];

/** Copied into the task's volume, from which every container takes its entry point. */
export const PODLET_VOLUMES = ['/.droppod/bin'];

const DIRECTORIES = ['.droppod/', '.droppod/bin/', '.droppod/c/', '.droppod/v/', 'podlet/'];

/** droppod's own files of the image but the agent's. */
export async function ownFiles(architecture: Architecture): Promise<TreeFile[]> {
  const supervise = await buildSupervise(architecture);
  return [
    ...DIRECTORIES.map((name) => ({ name, mode: 0o755 })),
    { name: 'tmp/', mode: 0o1777 },
    { name: '.droppod/bin/supervise', mode: 0o755, content: await readFile(supervise) },
    // Hosts first: without this file old libraries ask DNS only.
    { name: 'etc/nsswitch.conf', mode: 0o644, content: Buffer.from('hosts: files dns\n') },
  ];
}

/** Bun's file. Its own process must not be able to read it, so that no other can look into that process (supervise, runAgentStage). */
export const bunFile = (content: Buffer): TreeFile => ({
  name: 'podlet/bun',
  mode: 0o111,
  content,
});

/** The agent in the form that Bun evaluates without transpiling it first, 10 ms less of each start. */
export const agentFile = (text: Buffer): TreeFile => ({
  name: AGENT,
  mode: 0o644,
  content: Buffer.concat([
    Buffer.from('// @bun @bun-cjs\n(function(exports, require, module, __filename, __dirname) {'),
    text,
    Buffer.from('})\n'),
  ]),
});
