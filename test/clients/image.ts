// Images for clients that run in pods, made without a registry: Debian by debootstrap, and what pip brings beside it.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { keep } from './obtain.ts';

const run = promisify(execFile);
const PATIENCE = { timeout: 900_000, maxBuffer: 1 << 26 };

const isThere = [() => true, () => false] as const;

/** The suite, whose Python is 3.11 and whose OpenJDK is 17. */
const SUITE = 'bookworm';

export interface ImageContent {
  /** Packages of Debian. */
  debian: string[];
  /** Packages of PyPI, in /opt/site. */
  pypi: string[];
  /** Files and folders of this machine, by their place in the image, below opt. */
  files: Record<string, string>;
  /** Lines as a Dockerfile has them. */
  changes: string[];
}

/** The name of an image that is in the engine afterwards; undefined where it cannot be made. */
export async function debianImage(
  client: string,
  content: ImageContent,
): Promise<string | undefined> {
  const root = await debian(client, content.debian);
  if (root === undefined) return undefined;
  const place = await keep(`${client}-image`, JSON.stringify(content), async (directory) => {
    mkdirSync(join(directory, 'opt/site'), { recursive: true });
    if (content.pypi.length > 0) await site(join(directory, 'opt/site'), content.pypi);
    for (const [to, from] of Object.entries(content.files))
      cpSync(from, join(directory, to), { recursive: true });
  });
  if (place === undefined) return undefined;
  const name = `droppod-clients/${basename(place)}:latest`;
  if (await run('docker', ['image', 'inspect', name]).then(...isThere)) return name;
  const changes = content.changes.map((line) => `--change '${line}'`).join(' ');
  // The engine refuses an archive that names a path twice.
  const tar = `tar -c --exclude=./opt -C '${root}' . -C '${place}' opt`;
  await run(
    'bash',
    ['-o', 'pipefail', '-c', `${tar} | docker import ${changes} - ${name}`],
    PATIENCE,
  );
  return name;
}

async function debian(client: string, packages: string[]): Promise<string | undefined> {
  return keep('debian', `${SUITE} ${packages.join(' ')}`, async (directory) => {
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'debootstrap'], PATIENCE);
    const include = `--include=${packages.join(',')}`;
    await run('debootstrap', ['--variant=minbase', include, SUITE, directory], PATIENCE);
  }).then((root) => {
    if (root === undefined) process.stderr.write(`${client} has no image here\n`);
    return root;
  });
}

/** Installs for the image's Python, whatever this machine's is. */
async function site(directory: string, packages: string[]): Promise<void> {
  const foreign = ['--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp'];
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run('python3', [...words, ...foreign, '--target', directory, ...packages], PATIENCE);
}
