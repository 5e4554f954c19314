// Checks the bootstrap token of a podlet.
import { isBootstrapToken, isTokenOfSeed } from '../../auth/podlet-credential.ts';
import type { Ports } from '../../ports/ports.ts';
import { recordKey, toRecord } from '../pod/record-for.ts';

/** Whether the token is the attempt's. Only a pod that a controller created costs a read: its seed is in its record alone. */
export async function isPodletToken(
  { store, settings, readKeys }: Pick<Ports, 'store' | 'settings' | 'readKeys'>,
  { uid, attempt }: { uid: string; attempt: number },
  token: string,
): Promise<boolean> {
  await readKeys?.();
  if (isBootstrapToken(settings.podletKey, { uid, attempt }, token)) return true;
  const stored = await store.getRecord(recordKey(uid));
  const seed = stored && toRecord(stored.value).podletSeed;
  return seed !== undefined && isTokenOfSeed(seed, attempt, token);
}
