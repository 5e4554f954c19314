// get: one object.
import { ApiError, notFound } from '../../errors.ts';
import type { ApiPorts, Answer, Call } from '../call.ts';
import { keyOf } from '../call.ts';
import { versionOption } from '../wire/options.ts';

/** GET of a name. */
export async function get(call: Call): Promise<Answer> {
  const wanted = versionOption(call.query, false);
  const object = await call.ports.store.get(keyOf(call));
  if (wanted !== undefined && Number(wanted) > Number(object?.metadata.resourceVersion ?? 0))
    await reachVersion(call.ports, wanted);
  if (object === undefined) throw notFound(call.resource.stored, call.name);
  return { code: 200, object, kind: 'object' };
}

/** 504 for a version that the store has not reached. */
export async function reachVersion(
  { store }: Pick<ApiPorts, 'store'>,
  wanted: string,
): Promise<void> {
  const current = await store.version();
  if (Number(wanted) <= Number(current)) return;
  throw new ApiError(
    'Timeout',
    `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}
