// A new pod's record and the keys of all records of a pod; everything that happens to the pod later changes this record.
import { podletSeed } from '../../auth/podlet-credential.ts';
import type { Pod } from '../../kinds/pod.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Json } from '../../ports/json.ts';
import type { Settings } from '../../ports/settings.ts';
import type { RecordWrite } from '../../ports/store.ts';
import { present } from '../../present.ts';
import type { PodRecord } from '../../record/record.ts';
import { upgraded } from '../../record/upgrade.ts';
import type { FlatRecord } from '../../record/upgrade.ts';
import { indexWrites, termsRecords } from './pod-index.ts';

/** Key of a pod's record. */
export const recordKey = (uid: string): string => `pod/${uid}`;
/** What the keys of all heartbeats begin with. */
export const HEARTBEATS = 'beat/';
/** Key of the time at which a pod's podlet last reported. */
export const heartbeatKey = (uid: string): string => `${HEARTBEATS}${uid}`;

/** Key of the service account tokens in a pod's volumes. */
export const tokenKey = (uid: string): string => `token/${uid}`;

/** Deletes all records of a pod; `revision`: of its main record. */
export const forget = (record: PodRecord, revision: number): RecordWrite[] => [
  { key: recordKey(record.uid), value: null, expected: revision },
  { key: heartbeatKey(record.uid), value: null, expected: 'any' },
  { key: tokenKey(record.uid), value: null, expected: 'any' },
  ...indexWrites(record, undefined),
];

/** As many letters of Kubernetes' name alphabet as 247 bits need. */
const SEED_LETTERS = 52;

/** What makes the record of a new pod. */
export interface RecordPorts {
  settings: Pick<Settings, 'podletKey'>;
  ids: Pick<Ids, 'suffix'>;
}

/** The records to write in the same commit as the new pod (which must carry its uid). */
export function recordsFor({ settings, ids }: RecordPorts, pod: Pod): RecordWrite[] {
  const uid = pod.metadata.uid ?? '';
  const terms = termsRecords(pod);
  const record: PodRecord = {
    uid,
    namespace: pod.metadata.namespace ?? 'default',
    name: pod.metadata.name ?? '',
    // Controllers create pods without holding the key of all pods: such a pod has a random seed of its own.
    podletSeed:
      settings.podletKey === '' ? ids.suffix(SEED_LETTERS) : podletSeed(settings.podletKey, uid),
    logNonce: '',
    generation: { number: 1, toStart: true, runs: 0 },
    tokens: {},
    task: { attempt: 0 },
    observed: { sandboxReady: false, containers: {} },
    ...present({ bearsOnOthers: terms.length > 0 ? true : undefined }),
  };
  return [{ key: recordKey(uid), value: toJson(record), expected: 0 }, ...terms];
}

/** Converts a record to the store's JSON. */
export const toJson = (record: PodRecord): Json => record as unknown as Json;

/** A stored value as a record, whichever version wrote it. */
export const toRecord = (value: Json): PodRecord =>
  upgraded(value as unknown as PodRecord | FlatRecord);
