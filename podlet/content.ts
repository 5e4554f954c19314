// Content that must be in place before a start: parts of volumes copied between volumes, single files put into the container.
import { posix } from 'node:path';
import type { StartOrder } from '../src/protocol/messages.ts';
import type { CopiedFile } from './messages.ts';
import type { PutFile, VolumeFile, Volumes } from './ports.ts';

type Content = NonNullable<StartOrder['content']>;
type ContentVolumes = Pick<Volumes, 'move' | 'filesAt' | 'put'>;

/** Puts content in place, and returns what supervise has to put into the container, or why it cannot start now. May be repeated. */
export async function bringContent(
  { content = {} }: StartOrder,
  volumes: ContentVolumes,
): Promise<{ copies: CopiedFile[] } | { error: string }> {
  try {
    for (const { from, path, to } of content.moved ?? []) await volumes.move(from, path, to);
    for (const { from, path, to } of content.directories ?? [])
      await volumes.put(to, (await volumes.filesAt(from, path)) ?? [], { only: true });
    const copies: CopiedFile[] = [];
    for (const file of content.files ?? []) copies.push(...(await placed(file, volumes)));
    for (const { at, target, seed } of content.seedLinks ?? [])
      await volumes.put(seed, [{ path: posix.basename(at), target }]);
    return { copies };
  } catch (error) {
    return {
      error: `failed to prepare subPath: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** A missing path in the volume becomes an empty directory, as with the kubelet. */
async function placed(
  { volume, path, at, seed }: NonNullable<Content['files']>[number],
  volumes: ContentVolumes,
): Promise<CopiedFile[]> {
  const found = await volumes.filesAt(volume, path);
  const whole = found === undefined || found.every((file) => file.path !== '');
  const name = posix.basename(at);
  if (seed !== undefined) {
    const files: PutFile[] = (found ?? []).map((file) => ({
      ...file,
      path: posix.join(name, file.path),
    }));
    await volumes.put(seed, whole ? [{ path: name, directory: true }, ...files] : files);
    return [];
  }
  const copies = (found ?? []).map((file) => copied(at, file));
  return whole ? [{ path: at, directory: true }, ...copies] : copies;
}

const copied = (at: string, { path, content, mode, uid, gid }: VolumeFile): CopiedFile => ({
  path: path === '' ? at : posix.join(at, path),
  content: content.toString('base64'),
  mode,
  uid,
  gid,
});
