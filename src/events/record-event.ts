// Kubernetes Events as the kubelet and the scheduler record them: separate core/v1 objects, with repetitions counted.
import { wholeSeconds } from '../kinds/time.ts';
import { createHash } from 'node:crypto';
import { StoreConflict } from '../errors.ts';
import type { Event, KubeObject, Pod } from '../kinds/pod.ts';
import { allContainers, containerFieldPath } from '../pod/model/containers.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { ResourceVersion } from '../ports/identity.ts';
import type { Ports } from '../ports/ports.ts';
import type { ObjectKey } from '../ports/store.ts';
import { present } from '../present.ts';

type EventPorts = Pick<Ports, 'store' | 'clock' | 'ids'>;

const MAX_TRIES = 20;

/**
 * Stores a pod's events; for an equal one (source, object, type, reason, message, fieldPath) the count is incremented. With `since`, the
 * time of the change that they belong to, only those are stored that nobody has stored since: it may be called again.
 */
export async function recordEvents(
  ports: EventPorts,
  pod: Pod,
  events: readonly PodEvent[],
  since?: string,
): Promise<void> {
  const distinct = new Map<string, { event: PodEvent; count: number }>();
  for (const event of events) {
    const name = eventName(pod, event);
    distinct.set(name, { event, count: (distinct.get(name)?.count ?? 0) + 1 });
  }
  await Promise.all(
    [...distinct].map(([name, { event, count }]) =>
      recordEvent(ports, pod, name, { event, count, ...present({ since }) }),
    ),
  );
}

async function recordEvent(
  ports: EventPorts,
  pod: Pod,
  name: string,
  { event, count, since }: { event: PodEvent; count: number; since?: string },
): Promise<void> {
  const { store, clock, ids } = ports;
  const key = eventKey(pod, name);
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const isNew = attempt === 0 && since === undefined && !mayRepeat(event);
    const known = isNew ? undefined : await store.get(key);
    if (known && since !== undefined && isSince(known, since)) return;
    const object = known
      ? repeated(known, count, clock.now())
      : newEvent(pod, name, event, count, clock.now(), ids.uuid());
    try {
      await store.commit({
        object: { key, object, expected: known ? versionOf(known) : 'absent' },
      });
      return;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
  throw new Error(`event ${key.namespace}/${name} changed ${MAX_TRIES} times in between`);
}

/** Event times are whole seconds, or exact for the scheduler's events. */
function isSince(known: KubeObject, at: string): boolean {
  const last = known['lastTimestamp'] ?? known['eventTime'];
  return typeof last === 'string' && Date.parse(last) >= Math.floor(Date.parse(at) / 1000) * 1000;
}

const eventKey = (pod: Pod, name: string): ObjectKey => ({
  resource: 'events',
  namespace: pod.metadata.namespace ?? 'default',
  name,
});

/** Events of a pod's first steps are usually new, so they are created without searching for an equal one first. */
const mayRepeat = ({ reason }: PodEvent): boolean => reason !== 'Scheduled';

const versionOf = ({ metadata }: KubeObject): ResourceVersion =>
  (metadata.resourceVersion ?? '') as ResourceVersion;

/**
 * `<pod>.<16 hex>` like the kubelet's. There the digits are the time, and kubectl relies on that: events of one second are sorted by
 * name. Here they identify the event, so that a repetition finds the first one: place in the pod, step, then a hash.
 */
function eventName(pod: Pod, event: PodEvent): string {
  const identity = [
    pod.metadata.uid,
    event.component,
    event.type,
    event.reason,
    event.message,
    event.container ?? '',
  ];
  const place = 1 + allContainers(pod).findIndex(({ name }) => name === event.container);
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 13);
  return `${pod.metadata.name ?? ''}.${Math.min(place, 255).toString(16).padStart(2, '0')}${step(event).toString(16)}${hash}`;
}

/** A container's events within one second, in order. */
const STEPS = [
  'Scheduled',
  'Pulling',
  'InspectFailed',
  'ErrImageNeverPull',
  'Pulled',
  'Created',
  'Started',
  'BackOff',
  'Failed',
];

/** `Failed to pull` comes first, and `Error:` after what it repeats; other reasons come later. */
function step({ reason, message }: PodEvent): number {
  const found = STEPS.indexOf(
    reason === 'Failed' && !message.startsWith('Error: ') ? 'InspectFailed' : reason,
  );
  return found < 0 ? STEPS.length : found;
}

function repeated(known: KubeObject, count: number, now: Date): KubeObject {
  const before = typeof known['count'] === 'number' ? known['count'] : undefined;
  if (before === undefined) return known;
  return { ...known, count: before + count, lastTimestamp: wholeSeconds(now) };
}

function newEvent(
  pod: Pod,
  name: string,
  event: PodEvent,
  count: number,
  now: Date,
  uid: string,
): KubeObject {
  const { type, reason, message, component } = event;
  const host = pod.spec.nodeName ?? '';
  const scheduler = component === 'default-scheduler';
  const at = wholeSeconds(now);
  const body: Omit<Event, 'metadata' | 'firstTimestamp' | 'lastTimestamp' | 'eventTime'> = {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: involvedObject(pod, event),
    reason,
    message,
    type,
    source: scheduler
      ? {}
      : { component, ...present({ host: host && component === 'kubelet' ? host : undefined }) },
    reportingComponent: component,
    reportingInstance: scheduler ? `${component}-droppod` : component === 'kubelet' ? host : '',
  };
  const times = scheduler
    ? {
        action: reason === 'Scheduled' ? 'Binding' : 'Scheduling',
        eventTime: now.toISOString().replace('Z', '000Z'),
        firstTimestamp: null,
        lastTimestamp: null,
      }
    : { count, eventTime: null, firstTimestamp: at, lastTimestamp: at };
  return {
    ...body,
    ...times,
    metadata: { name, namespace: pod.metadata.namespace ?? 'default', uid, creationTimestamp: at },
  };
}

function involvedObject(pod: Pod, { container }: PodEvent): Event['involvedObject'] {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    ...present({
      name: name || undefined,
      namespace: namespace || undefined,
      uid: uid || undefined,
      resourceVersion: resourceVersion || undefined,
      fieldPath: container ? containerFieldPath(pod, container) : undefined,
    }),
  };
}
