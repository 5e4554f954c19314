// Volumes on disk: prepares emptyDirs, reads and copies files, measures sizes; write-files.ts writes those of the API.
import type { FileHandle } from 'node:fs/promises';
// `promises` is loaded when it is first used, which no common start does.
import { chmodSync, constants, promises as disk } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { DesiredVolume } from '../src/protocol/messages.ts';
import type { PutFile, VolumeFile as FileContent, Volumes } from './ports.ts';
import { writeFiles } from './write-files.ts';

/** Copies owners, attributes and special files, and reads a directory in pieces, which the podlet's runtime cannot. */
const SUPERVISE = '/.droppod/bin/supervise';
const ALL = 0o777;
const SETGID = 0o2000;
const STICKY = 0o1000;

export class VolumeFiles implements Volumes {
  constructor(
    private readonly root: string,
    private readonly now: () => Date,
    private readonly program = SUPERVISE,
  ) {}

  async apply(volume: string, desired: DesiredVolume): Promise<void> {
    const directory = join(this.root, volume);
    const keep = desired.keep ?? [];
    if (desired.files !== undefined)
      await this.write(directory, desired.files, keep, desired.fsGroup);
    else if (desired.emptyDir === true) await emptyOut(directory, keep);
    if (desired.files !== undefined || desired.emptyDir === true)
      chmodSync(directory, ALL | (desired.sticky === true ? STICKY : 0));
    if (desired.claim === true && (await disk.readdir(directory)).length === 0)
      await disk.chmod(directory, ALL);
    if (desired.fsGroup !== undefined && !(await isGroups(directory, desired)))
      await giveToGroup(
        directory,
        desired.fsGroup,
        desired.files === undefined ? 0o660 : 0o440,
        keep,
      );
  }

  async read(
    volume: string,
    path: string,
    most: number,
  ): Promise<{ text: string; whole: boolean } | undefined> {
    // A path that cannot be resolved, for whatever reason, has no file: the container waits with that message.
    const directory = await disk.realpath(join(this.root, volume)).catch(() => undefined);
    // The same.
    const real = await disk.realpath(join(this.root, volume, path)).catch(() => undefined);
    if (directory === undefined || real === undefined) return undefined;
    // Without O_NONBLOCK a FIFO blocks a thread until there is a writer; the last element may have become a link in the meantime.
    const file = await disk
      .open(
        real,
        constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY,
      )
      .catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      // A container may put a link to the podlet's own files here: what was actually opened counts.
      const opened = await disk.readlink(`/proc/self/fd/${file.fd}`);
      if (!opened.startsWith(`${directory}/`) || !(await file.stat()).isFile()) return undefined;
      return await readAtMost(file, most);
    } catch {
      // It disappeared, or cannot be read: as above.
      return undefined;
    } finally {
      await file.close();
    }
  }

  async usedBytes(volumes: readonly string[]): Promise<number[]> {
    const said = await this.supervise([
      '--usage',
      ...volumes.map((volume) => join(this.root, volume)),
    ]);
    return said.trim().split('\n').map(Number);
  }

  async move(from: string, path: string, to: string): Promise<void> {
    await this.supervise(['--move', join(this.root, from), path, join(this.root, to)]);
  }

  /** What it writes; rejects with what it says of a failure. */
  private async supervise(words: string[]): Promise<string> {
    // Loaded here: no start needs it.
    const { execFile } = await import('node:child_process');
    return new Promise((resolve, reject) => {
      execFile(this.program, words, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        reject(new Error(stderr.trim() || `supervise failed: ${String(error)}`, { cause: error }));
      });
    });
  }

  async filesAt(volume: string, path: string): Promise<FileContent[] | undefined> {
    const data = join(this.root, volume, '..data');
    const top = join(data, path);
    // Containers cannot write here: no link but the podlet's own is on the way.
    const state = await disk.stat(top).catch(() => undefined);
    if (state === undefined || relative(data, top).startsWith('..')) return undefined;
    return contentsOf(top, '');
  }

  async put(
    volume: string,
    files: PutFile[],
    { only }: { only: boolean } = { only: false },
  ): Promise<void> {
    const directory = join(this.root, volume);
    await disk.mkdir(directory, { recursive: true });
    for (const file of files) await putOne(directory, file);
    if (only) await removeOthers(directory, new Set(files.map(({ path }) => path)), '');
  }

  private write(
    directory: string,
    files: NonNullable<DesiredVolume['files']>,
    keep: string[],
    fsGroup: number | undefined,
  ): Promise<void> {
    const adapt = (target: string): Promise<void> =>
      fsGroup === undefined ? Promise.resolve() : giveToGroup(target, fsGroup, 0o440, []);
    return writeFiles(directory, { files, keep, now: this.now(), adapt });
  }
}

/** Removes everything except `keep`: removing a directory ends what containers have mounted there, in their namespaces too. */
async function emptyOut(directory: string, keep: string[]): Promise<void> {
  for (const name of await disk.readdir(directory)) {
    if (keep.includes(name)) continue;
    const inside = keep
      .filter((path) => path.startsWith(`${name}/`))
      .map((path) => path.slice(name.length + 1));
    if (inside.length > 0) await emptyOut(join(directory, name), inside);
    else await disk.rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Whether the top of a claim's data already has the group, if its pod accepts that as sufficient. */
async function isGroups(
  directory: string,
  { onRootMismatch, fsGroup }: DesiredVolume,
): Promise<boolean> {
  if (onRootMismatch !== true) return false;
  const { gid, mode } = await disk.stat(directory);
  return gid === fsGroup && (mode & SETGID) !== 0 && (mode & 0o070) === 0o070;
}

/** fsGroup: gives everything to the group, directories setgid (volume/volume_linux.go); other volumes' mounts at `keep` are left out. */
async function giveToGroup(
  path: string,
  group: number,
  fileBits: number,
  keep: string[],
): Promise<void> {
  const state = await disk.lstat(path);
  if (state.isSymbolicLink()) return disk.lchown(path, -1, group);
  await disk.chown(path, -1, group);
  if (!state.isDirectory()) return disk.chmod(path, (state.mode & 0o7777) | fileBits);
  await disk.chmod(path, (state.mode & 0o7777) | fileBits | 0o110 | SETGID);
  for (const name of await disk.readdir(path)) {
    if (!keep.includes(name))
      await giveToGroup(
        join(path, name),
        group,
        fileBits,
        keep.flatMap((one) => (one.startsWith(`${name}/`) ? [one.slice(name.length + 1)] : [])),
      );
  }
}

async function contentsOf(path: string, name: string): Promise<FileContent[]> {
  const { mode, uid, gid, isDirectory } = await disk.stat(path).then((state) => ({
    mode: state.mode & 0o7777,
    uid: state.uid,
    gid: state.gid,
    isDirectory: state.isDirectory(),
  }));
  if (!isDirectory) return [{ path: name, content: await disk.readFile(path), mode, uid, gid }];
  const below = await Promise.all(
    (await disk.readdir(path)).map((entry) => contentsOf(join(path, entry), join(name, entry))),
  );
  return below.flat();
}

async function putOne(directory: string, file: PutFile): Promise<void> {
  const path = join(directory, file.path);
  if ('directory' in file) {
    // Missing or not a directory: it is created.
    if (
      !(await disk.lstat(path).then(
        (state) => state.isDirectory(),
        () => false,
      ))
    ) {
      await disk.rm(path, { force: true });
      await disk.mkdir(path);
      await disk.chmod(path, ALL);
    }
    return;
  }
  await disk.mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.droppod-new`;
  await disk.rm(fresh, { force: true });
  if ('target' in file) {
    await disk.symlink(file.target, fresh);
  } else {
    await disk.writeFile(fresh, file.content, { mode: 0o600 });
    await disk.chown(fresh, file.uid, file.gid);
    await disk.chmod(fresh, file.mode);
  }
  // An empty directory that stood for a missing file is replaced by the file.
  await disk.rmdir(path).catch(() => undefined);
  await disk.rename(fresh, path);
}

async function removeOthers(
  directory: string,
  wanted: ReadonlySet<string>,
  below: string,
): Promise<void> {
  for (const entry of await disk.readdir(directory, { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (wanted.has(path)) continue;
    if (entry.isDirectory() && [...wanted].some((one) => one.startsWith(`${path}/`)))
      await removeOthers(join(directory, entry.name), wanted, path);
    else await disk.rm(join(directory, entry.name), { recursive: true, force: true });
  }
}

async function readAtMost(
  file: FileHandle,
  most: number,
): Promise<{ text: string; whole: boolean }> {
  const bytes = Buffer.alloc(most + 1);
  let size = 0;
  while (size <= most) {
    const { bytesRead } = await file.read(bytes, size, bytes.length - size, size);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return { text: bytes.toString('utf8', 0, Math.min(size, most)), whole: size <= most };
}
