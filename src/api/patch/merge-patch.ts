// JSON merge patch (RFC 7396): members replace members, null removes one, and a value that is not an object replaces everything.
import { isMap, own, setOwn } from '../../own.ts';
import type { Json } from '../../ports/json.ts';

type Values = { [key: string]: Json | undefined };

/** The target with the patch applied; neither argument is changed. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const merged: Values = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[key];
    else setOwn(merged, key, mergePatch(own(merged, key), value));
  }
  return merged;
}
