// Keys of an installation: created once, kept as records that only the roles which sign and verify may read.
import { StoreConflict } from '../errors.ts';
import type { Store } from '../ports/store.ts';

/** Record of the HMAC key of the podlets' bootstrap tokens. */
export const PODLET_KEY = 'key/podlet';
/** Record of the key in the names of pull secrets. It has its own partition: only the function that keeps the secrets may read it. */
export const PULL_SECRETS_KEY = 'pull-key/names';

/** The key under `name`; `create` makes it where it is missing. Two concurrent callers get the same key. */
export async function ensureKey(
  store: Pick<Store, 'getRecord' | 'commit'>,
  name: string,
  create: () => string,
): Promise<string> {
  const known = await store.getRecord(name);
  if (typeof known?.value === 'string') return known.value;
  const key = create();
  try {
    await store.commit({ records: [{ key: name, value: key, expected: 0 }] });
    return key;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    return ensureKey(store, name, create);
  }
}
