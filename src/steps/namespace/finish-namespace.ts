// The end of a Terminating namespace: first pods, then everything else, then the namespace. Called after every removal that it may have
// waited for.
import { wholeSeconds } from '../../kinds/time.ts';
import { isDeepStrictEqual } from 'node:util';
import { StoreConflict } from '../../errors.ts';
import type { KubeObject, Namespace } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';
import { present } from '../../present.ts';
import { namespaceConditions } from './namespace-conditions.ts';
import type { Remaining } from './namespace-conditions.ts';

type EndPorts = Pick<Ports, 'store' | 'clock'>;

/** Takes the next step for a Terminating namespace; ignores any other. `removeContent` returns what is left. May be called again. */
export async function finishNamespace(
  ports: EndPorts,
  name: string,
  removeContent: () => Promise<Remaining[]>,
): Promise<void> {
  const { store } = ports;
  const key = { resource: 'namespaces', namespace: '', name };
  if ((await store.get(key))?.metadata.deletionTimestamp === undefined) return;
  const waits =
    (await store.listObjects({ resource: 'pods', namespace: name, limit: 1 })).objects.length > 0;
  const remaining = waits ? [] : await removeContent();
  const object = await store.get(key);
  if (object?.metadata.deletionTimestamp === undefined) return;
  await writeNamespace(ports, key, object, remaining, waits || remaining.length > 0);
}

async function writeNamespace(
  { store, clock }: EndPorts,
  key: ObjectKey,
  object: KubeObject,
  remaining: Remaining[],
  waits: boolean,
): Promise<void> {
  const { spec, status } = object as Namespace;
  const { resourceVersion, ...metadata } = object.metadata;
  const conditions = namespaceConditions(
    status?.conditions ?? [],
    remaining,
    wholeSeconds(clock.now()),
  );
  const finalizers = (spec?.finalizers ?? []).filter(
    (finalizer) => waits || finalizer !== 'kubernetes',
  );
  const stays = waits || finalizers.length > 0 || (metadata.finalizers ?? []).length > 0;
  const next: KubeObject = {
    ...object,
    metadata,
    spec: { ...present({ finalizers: finalizers.length > 0 ? finalizers : undefined }) },
    status: { ...status, conditions },
  };
  if (stays && isDeepStrictEqual(next, { ...object, metadata })) return;
  const expected = (resourceVersion ?? '') as ResourceVersion;
  await unlessWritten(
    store.commit({
      object: {
        key,
        object: stays ? next : null,
        expected,
        ...present({ lastState: stays ? undefined : next }),
      },
    }),
  );
}

/** Another writer came first, and its write triggers the next attempt. */
async function unlessWritten(commit: Promise<unknown>): Promise<void> {
  try {
    await commit;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
  }
}
