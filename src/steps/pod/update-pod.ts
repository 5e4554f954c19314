// The one way in which droppod writes about a pod: reads record and object, applies a pure change, draws conclusions, computes the status,
// and commits both on condition of what was read. Everything that happens to a pod goes through here.
// See docs/design/pod.md.
import { toPod } from '../../pod/model/to-pod.ts';
import { StoreConflict } from '../../errors.ts';
import { recordEvents } from '../../events/record-event.ts';
import type { Pod } from '../../kinds/pod.ts';
import type { PodEvent } from '../../pod/events/pod-events.ts';
import { computeStatus } from '../../pod/status/status.ts';
import { ownerRecords } from '../../owners/dependents.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey, ObjectWrite, RecordWrite } from '../../ports/store.ts';
import { present } from '../../present.ts';
import { conclude, isFinished } from '../../record/conclude.ts';
import type { PodRecord } from '../../record/record.ts';
import { nudgeNamespace } from '../namespace/nudge-namespace.ts';
import { indexWrites } from './pod-index.ts';
import { forget, recordKey, toJson, toRecord } from './record-for.ts';
import { hasStored, noteStored } from './stored-events.ts';

export type PodPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'wakeups'>;

/** A pod's current state. `pod` is absent once its object is gone. */
export interface PodState {
  pod?: Pod;
  record: PodRecord;
  revision: number;
  now: Date;
}

/** A change of the state. */
export interface PodChange {
  record: PodRecord;
  /** The pod with a new spec or metadata (its status is computed). */
  pod?: Pod;
  events?: readonly PodEvent[];
  /** Remove the object. */
  removePod?: boolean;
  /** Delete record and heartbeat. */
  removeRecord?: boolean;
}

const MAX_TRIES = 30;

/** The store key of a pod's object. */
export const podKey = ({ namespace, name }: Pick<PodRecord, 'namespace' | 'name'>): ObjectKey => ({
  resource: 'pods',
  namespace,
  name,
});

/** The pod's current state; undefined: nothing is known under this uid (any more). */
export async function readPod(
  { store, clock }: Pick<PodPorts, 'store' | 'clock'>,
  uid: string,
): Promise<PodState | undefined> {
  const stored = await store.getRecord(recordKey(uid));
  if (!stored) return undefined;
  const record = toRecord(stored.value);
  const object = await store.get(podKey(record));
  const found = { record, revision: stored.revision, now: clock.now() };
  return object?.metadata.uid === uid ? { ...found, pod: toPod(object) } : found;
}

/**
 * Applies `change` to the newest state and returns the state after it; a change that alters nothing writes nothing.
 * `change` may be called several times, so it must be pure. If it returns undefined, everything stays as it is.
 */
export async function updatePod(
  ports: PodPorts,
  uid: string,
  change: (state: PodState) => PodChange | undefined,
): Promise<PodState | undefined> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const before = await readPod(ports, uid);
    if (!before) return undefined;
    const wanted = change(before);
    if (!wanted) return before;
    try {
      return await commitChange(ports, before, wanted);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
  throw new StoreConflict(`pod ${uid} changed ${MAX_TRIES} times in between`);
}

async function commitChange(
  ports: PodPorts,
  before: PodState,
  wanted: PodChange,
): Promise<PodState> {
  const base = wanted.pod ?? before.pod;
  const concluded = base ? conclude(base, wanted.record, before.now, before.record) : wanted.record;
  const { record, due } = withDueEvents(before, concluded, wanted);
  const pod = base && withStatus(base, record, before.now);
  const object = objectWrite(before, pod, wanted.removePod === true);
  const records = [
    ...recordWrites(before, record, {
      remove: wanted.removeRecord === true,
      guard: object !== undefined,
    }),
    ...(object?.object === null
      ? ownerRecords(object.key, before.pod && { ...before.pod }, undefined)
      : []),
  ];
  const after = {
    record,
    revision: before.revision + (records.length > 0 ? 1 : 0),
    now: before.now,
  };
  if (!object && records.length === 0) return { ...before, record };
  if (due && base && !(await hasStored(ports.store, record.uid, before.revision)))
    await recordEvents(ports, base, due.events, due.at);
  // Nothing will remember them once the record is deleted.
  if (wanted.removeRecord && wanted.events?.length && base)
    await recordEvents(ports, base, wanted.events);
  const { version } = await ports.store.commit({ ...present({ object }), records });
  ports.wakeups.wake(record.uid);
  if (!wanted.removeRecord && wanted.events?.length && base)
    await noteStored(
      ports.store,
      record.uid,
      after.revision,
      recordEvents(ports, base, wanted.events),
    );
  if (wanted.removePod) await nudgeNamespace(ports, record.namespace);
  if (!pod || wanted.removePod) return after;
  return {
    ...after,
    pod: version ? { ...pod, metadata: { ...pod.metadata, resourceVersion: version } } : pod,
  };
}

type DueEvents = NonNullable<PodRecord['dueEvents']>;

/**
 * Events are stored after the commit that they belong to, and the process may die in between: the record names them until its next
 * change, which checks whether they exist. `due`: those of the previous change, if this change drops them.
 */
function withDueEvents(
  before: PodState,
  changed: PodRecord,
  { events, removeRecord }: PodChange,
): { record: PodRecord; due?: DueEvents } {
  const { dueEvents: due, ...rest } = changed;
  const isNew = events !== undefined && events.length > 0 && removeRecord !== true;
  if (!isNew && same(withoutDue(before.record), rest) && due !== undefined)
    return { record: changed };
  const record = isNew
    ? { ...rest, dueEvents: { at: before.now.toISOString(), events: [...events] } }
    : rest;
  return before.record.dueEvents ? { record, due: before.record.dueEvents } : { record };
}

function withoutDue({ dueEvents: _due, ...rest }: PodRecord): Omit<PodRecord, 'dueEvents'> {
  return rest;
}

function withStatus(pod: Pod, record: PodRecord, now: Date): Pod {
  const concluded = { ...record.observed, terminal: isFinished(record) };
  return { ...pod, status: computeStatus(pod, concluded, now) };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function objectWrite(
  before: PodState,
  pod: Pod | undefined,
  remove: boolean,
): ObjectWrite | undefined {
  if (!before.pod || !pod) return undefined;
  const expected = (before.pod.metadata.resourceVersion ?? '') as ResourceVersion;
  const key = podKey(before.record);
  if (remove) return { key, object: null, expected, lastState: { ...pod } };
  return same(pod, before.pod) ? undefined : { key, object: { ...pod }, expected };
}

/** `guard`: an object's status may only be written while the record that it was computed from is the newest. */
function recordWrites(
  { record: old, revision }: PodState,
  record: PodRecord,
  { remove, guard }: { remove: boolean; guard: boolean },
): RecordWrite[] {
  const key = recordKey(record.uid);
  if (remove) return forget(old, revision);
  return same(old, record) && !guard
    ? []
    : [{ key, value: toJson(record), expected: revision }, ...indexWrites(old, record)];
}
