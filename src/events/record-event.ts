// Kubernetes Events as the kubelet and the scheduler write them: core/v1 objects of their own beside the pod, repeats counted.
import { createHash } from 'node:crypto';
import { StoreConflict } from '../errors.ts';
import type { Event, KubeObject, Pod } from '../kinds/pod.ts';
import { containerFieldPath } from '../pod/containers.ts';
import type { PodEvent } from '../pod/events.ts';
import type { ObjectKey, Ports, ResourceVersion } from '../ports.ts';

type EventPorts = Pick<Ports, 'store' | 'clock' | 'ids'>;

const MAX_TRIES = 5;

/** Stores the events of a pod, each on its own; equal ones (source, object, type, reason, message, fieldPath) are counted up. */
export async function recordEvents(ports: EventPorts, pod: Pod, events: readonly PodEvent[]): Promise<void> {
  const distinct = new Map<string, { event: PodEvent; count: number }>();
  for (const event of events) {
    const name = eventName(pod, event);
    distinct.set(name, { event, count: (distinct.get(name)?.count ?? 0) + 1 });
  }
  await Promise.all([...distinct].map(([name, { event, count }]) => recordEvent(ports, pod, name, event, count)));
}

async function recordEvent(ports: EventPorts, pod: Pod, name: string, event: PodEvent, count: number): Promise<void> {
  const { store, clock, ids } = ports;
  const key: ObjectKey = { resource: 'events', namespace: pod.metadata.namespace ?? 'default', name };
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const known = attempt === 0 && !mayRepeat(event) ? undefined : await store.get(key);
    const object = known ? repeated(known, count, clock.now()) : newEvent(pod, name, event, count, clock.now(), ids.uuid());
    try {
      await store.commit({ object: { key, object, expected: known ? versionOf(known) : 'absent' } });
      return;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}

/** Events of a pod's first steps are new as a rule: they are created without a look. */
const mayRepeat = ({ reason }: PodEvent): boolean => reason !== 'Scheduled';

const versionOf = ({ metadata }: KubeObject): ResourceVersion => (metadata.resourceVersion ?? '') as ResourceVersion;

/** `<pod>.<16 hex>` like the kubelet's; here the digits say what the event is, so that a repeat finds its first. */
export function eventName(pod: Pod, event: PodEvent): string {
  const identity = [pod.metadata.uid, event.component, event.type, event.reason, event.message, event.container ?? ''];
  return `${pod.metadata.name ?? ''}.${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)}`;
}

const seconds = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');

function repeated(known: KubeObject, count: number, now: Date): KubeObject {
  const before = typeof known['count'] === 'number' ? known['count'] : undefined;
  if (before === undefined) return known;
  return { ...known, count: before + count, lastTimestamp: seconds(now) };
}

function newEvent(pod: Pod, name: string, event: PodEvent, count: number, now: Date, uid: string): KubeObject {
  const { type, reason, message, component } = event;
  const host = pod.spec.nodeName ?? '';
  const scheduler = component === 'default-scheduler';
  const at = seconds(now);
  const body: Omit<Event, 'metadata' | 'firstTimestamp' | 'lastTimestamp' | 'eventTime'> = {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: involvedObject(pod, event),
    reason,
    message,
    type,
    source: scheduler ? {} : { component, ...(host && component === 'kubelet' ? { host } : {}) },
    reportingComponent: component,
    reportingInstance: scheduler ? `${component}-droppod` : component === 'kubelet' ? host : '',
  };
  const times = scheduler
    ? { action: reason === 'Scheduled' ? 'Binding' : 'Scheduling', eventTime: now.toISOString().replace('Z', '000Z'), firstTimestamp: null, lastTimestamp: null }
    : { count, eventTime: null, firstTimestamp: at, lastTimestamp: at };
  return { ...body, ...times, metadata: { name, namespace: pod.metadata.namespace ?? 'default', uid, creationTimestamp: at } };
}

function involvedObject(pod: Pod, { container }: PodEvent): Event['involvedObject'] {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    ...(name ? { name } : {}),
    ...(namespace ? { namespace } : {}),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(container ? { fieldPath: containerFieldPath(pod, container) } : {}),
  };
}
