// The files of a volume with an atomic switch (pkg/volume/util/atomic_writer.go). Synchronous, since they are few and small: a pod's
// start waits for them, and the runtime's threads for files, which a podlet otherwise seldom needs, take longer to begin than these calls.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { DesiredVolume } from '../src/protocol/messages.ts';

type VolumeFile = NonNullable<DesiredVolume['files']>[number];

export interface Written {
  files: VolumeFile[];
  /** Names that are left as they are. */
  keep: string[];
  now: Date;
  /** Called for the new files before they are shown. */
  adapt?: (directory: string) => Promise<void>;
}

/** Shows these files in the volume's directory, and no others: all at once, through one link. */
export async function writeFiles(
  directory: string,
  { files, keep, now, adapt }: Written,
): Promise<void> {
  const fresh = `..${timestamp(now)}.${crypto.getRandomValues(new Uint32Array(1)).join('')}`;
  const target = join(directory, fresh);
  mkdirSync(target, { recursive: true });
  chmodSync(target, 0o755);
  for (const file of files) writeOne(target, file);
  await adapt?.(target);
  const before = linkAt(join(directory, '..data'));
  replaceByLink(fresh, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  showNames(
    directory,
    new Set(files.map(({ path }) => firstElement(path))),
    new Set(keep.map(firstElement)),
  );
  if (before !== undefined) rmSync(join(directory, before), { recursive: true, force: true });
}

const timestamp = (now: Date): string => now.toISOString().slice(0, 19).replace(/[-:T]/g, '_');
const firstElement = (path: string): string => normalize(path).split('/')[0] ?? '';

function writeOne(directory: string, file: VolumeFile): void {
  const path = normalize(file.path);
  // The API has refused such paths already; the podlet writes as root and checks again.
  if (path.startsWith('/') || path.split('/').includes('..'))
    throw new Error(`invalid path: ${file.path}`);
  const full = join(directory, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, Buffer.from(file.base64, 'base64'));
  chmodSync(full, file.mode);
  if (file.uid !== undefined) chownSync(full, file.uid, -1);
}

/** Visible names are links into ..data: new ones appear after the switch, stale ones go. */
function showNames(
  directory: string,
  wanted: ReadonlySet<string>,
  keep: ReadonlySet<string>,
): void {
  for (const name of wanted) {
    const link = join(directory, name);
    if (!keep.has(name) && linkAt(link) !== join('..data', name))
      replaceByLink(join('..data', name), link);
  }
  for (const name of readdirSync(directory)) {
    if (!name.startsWith('..') && !wanted.has(name) && !keep.has(name))
      rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** Where the link leads; undefined: there is none. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Missing, or not a link: whoever asks makes one.
    return undefined;
  }
}

function replaceByLink(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    rmSync(path, { recursive: true, force: true });
    symlinkSync(target, path);
  }
}
