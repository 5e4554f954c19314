// Events about any object, as controllers record them: core/v1 objects, with repetitions counted.
import { createHash } from 'node:crypto';
import { StoreConflict } from '../errors.ts';
import type { Event, KubeObject } from '../kinds/pod.ts';
import { apiVersionOf, storedResource } from '../kinds/resources.ts';
import { wholeSeconds } from '../kinds/time.ts';
import type { ResourceVersion } from '../ports/identity.ts';
import type { Ports } from '../ports/ports.ts';
import { present } from '../present.ts';

type EventPorts = Pick<Ports, 'store' | 'clock' | 'ids'>;

export interface ObjectEvent {
  /** The reporter: `source.component` and `reportingComponent`. */
  component: string;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

const MAX_TRIES = 20;
/** kube-apiserver's limit for a message. */
const MAX_MESSAGE = 1024;

/** Stores the event, or increments the count of an equal one; does nothing in a namespace that is terminating. */
export async function recordObjectEvent(
  ports: EventPorts,
  resource: string,
  object: KubeObject,
  event: ObjectEvent,
): Promise<void> {
  const { store, clock, ids } = ports;
  const namespace = object.metadata.namespace ?? 'default';
  const home = await store.get({ resource: 'namespaces', namespace: '', name: namespace });
  if (home === undefined || home.metadata.deletionTimestamp !== undefined) return;
  const key = { resource: 'events', namespace, name: eventName(object, event) };
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const known = await store.get(key);
    const next = known
      ? {
          ...known,
          count: Number(known['count'] ?? 1) + 1,
          lastTimestamp: wholeSeconds(clock.now()),
        }
      : newEvent(resource, object, event, { ...key, now: clock.now(), uid: ids.uuid() });
    try {
      const expected = known
        ? ((known.metadata.resourceVersion ?? '') as ResourceVersion)
        : 'absent';
      await store.commit({ object: { key, object: next, expected } });
      return;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
  throw new StoreConflict(`event ${namespace}/${key.name} changed ${MAX_TRIES} times in between`);
}

/** The name identifies the event, so that a repetition finds the first one. */
function eventName({ metadata }: KubeObject, event: ObjectEvent): string {
  const { component, type, reason, message } = event;
  const hash = createHash('sha256')
    .update(JSON.stringify([metadata.uid, component, type, reason, message]))
    .digest('hex');
  return `${metadata.name ?? ''}.${hash.slice(0, 16)}`;
}

function newEvent(
  resource: string,
  { metadata: { name, namespace, uid, resourceVersion } }: KubeObject,
  { component, type, reason, message }: ObjectEvent,
  own: { name: string; namespace: string; uid: string; now: Date },
): KubeObject {
  const kind = storedResource(resource);
  const at = wholeSeconds(own.now);
  const body: Omit<Event, 'metadata' | 'firstTimestamp' | 'lastTimestamp' | 'eventTime'> = {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: present({
      kind: kind?.kind,
      namespace: namespace || undefined,
      name,
      uid,
      apiVersion: kind && apiVersionOf(kind),
      resourceVersion,
    }),
    reason,
    message: message.slice(0, MAX_MESSAGE),
    type,
    source: { component },
    count: 1,
    reportingComponent: component,
    reportingInstance: '',
  };
  return {
    ...body,
    eventTime: null,
    firstTimestamp: at,
    lastTimestamp: at,
    metadata: { name: own.name, namespace: own.namespace, uid: own.uid, creationTimestamp: at },
  };
}
