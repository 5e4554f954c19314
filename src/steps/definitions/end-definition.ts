// The deletion of a CustomResourceDefinition: first its objects, then itself. Called after every removal that it may have waited for.
import { withCondition } from '../../custom/definition/accept-names.ts';
import { CLEANUP, DEFINITIONS, toDefinition } from '../../custom/definition/definition.ts';
import type { Condition, Definition } from '../../custom/definition/definition.ts';
import { StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';
import { settleDefinitions } from './settle-definitions.ts';

type EndPorts = Pick<Ports, 'store' | 'clock'>;

const AT_ONCE = 4;
const PAGE = 500;

/** Takes the next step for a definition that is being deleted; does nothing for any other. May be called again. */
export async function endDefinition(ports: EndPorts, name: string): Promise<void> {
  const key = { resource: DEFINITIONS, namespace: '', name };
  const found = await ports.store.get(key);
  if (found?.metadata.deletionTimestamp === undefined) return;
  if (!(found.metadata.finalizers ?? []).includes(CLEANUP)) return;
  const left = await removeObjects(ports, toDefinition(found));
  const object = await ports.store.get(key);
  if (object?.metadata.deletionTimestamp === undefined) return;
  await writeEnd(ports, toDefinition(object), left);
}

/** Removes objects without finalizers and marks the others; returns whether any is left. */
async function removeObjects(ports: EndPorts, { spec, metadata }: Definition): Promise<boolean> {
  const resource = metadata.name ?? `${spec.names.plural}.${spec.group}`;
  let after: { namespace: string; name: string } | undefined;
  let left = false;
  for (;;) {
    const { objects, more } = await ports.store.listObjects({
      resource,
      limit: PAGE,
      ...present({ after }),
    });
    for (let at = 0; at < objects.length; at += AT_ONCE) {
      const gone = await Promise.all(
        objects.slice(at, at + AT_ONCE).map((object) => removeOne(ports, resource, object)),
      );
      left ||= gone.includes(false);
    }
    const last = objects.at(-1)?.metadata;
    if (!more || last === undefined) return left;
    after = { namespace: last.namespace ?? '', name: last.name ?? '' };
  }
}

async function removeOne(
  { store, clock }: EndPorts,
  resource: string,
  object: KubeObject,
): Promise<boolean> {
  const { resourceVersion, ...metadata } = object.metadata;
  const held = (metadata.finalizers ?? []).length > 0;
  if (held && metadata.deletionTimestamp !== undefined) return false;
  const marked = {
    ...object,
    metadata: {
      ...metadata,
      deletionTimestamp: wholeSeconds(clock.now()),
      deletionGracePeriodSeconds: 0,
    },
  };
  const written = await unlessWritten(
    store.commit({
      object: {
        key: { resource, namespace: metadata.namespace ?? '', name: metadata.name ?? '' },
        object: held ? marked : null,
        expected: (resourceVersion ?? '') as ResourceVersion,
      },
    }),
  );
  return written && !held;
}

async function writeEnd(ports: EndPorts, definition: Definition, left: boolean): Promise<void> {
  const now = wholeSeconds(ports.clock.now());
  const terminating: Condition = left
    ? {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionInProgress',
        message: 'CustomResource deletion is in progress',
      }
    : {
        type: 'Terminating',
        status: 'False',
        reason: 'InstanceDeletionCompleted',
        message: 'removed all instances',
      };
  const { resourceVersion, ...metadata } = definition.metadata;
  const finalizers = (metadata.finalizers ?? []).filter((name) => left || name !== CLEANUP);
  const { finalizers: _finalizers, ...rest } = metadata;
  const next = {
    ...definition,
    metadata: {
      ...rest,
      ...present({ finalizers: finalizers.length > 0 ? finalizers : undefined }),
    },
    status: {
      ...definition.status,
      conditions: withCondition(definition.status.conditions, terminating, now),
    },
  };
  const stays = finalizers.length > 0;
  const written = await unlessWritten(
    ports.store.commit({
      object: {
        key: { resource: DEFINITIONS, namespace: '', name: metadata.name ?? '' },
        object: stays ? next : null,
        expected: (resourceVersion ?? '') as ResourceVersion,
        ...present({ lastState: stays ? undefined : next }),
      },
    }),
  );
  // Its names are free: another definition may have waited for them.
  if (written && !stays) await settleDefinitions(ports, definition.spec.group);
}

/** False if another writer came first, whose own call comes after. */
async function unlessWritten(commit: Promise<unknown>): Promise<boolean> {
  try {
    await commit;
    return true;
  } catch (error) {
    if (error instanceof StoreConflict) return false;
    throw error;
  }
}
