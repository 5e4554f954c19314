// Small records beside a pod's own, by which placement finds the few relevant pods without reading all of them: those whose affinity
// affects others, and those that wait for a node. They change in the commit of the pod's record.
import type { Pod } from '../../kinds/pod.ts';
import { bearsOnOthers } from '../../pod/placement/affinity-terms.ts';
import type { Json } from '../../ports/json.ts';
import type { RecordWrite } from '../../ports/store.ts';
import type { PodRecord } from '../../record/record.ts';

/** Key prefix of the affinity of pods that affect others. */
export const TERMS_PREFIX = 'terms/';
/** Key prefix of pods that wait for a node. */
export const WAITING_PREFIX = 'waiting/';

/** What is stored for a waiting pod. */
export interface Waiting {
  /** Other pods are in its way, so it is placed again when they change. */
  byPods: boolean;
}

/** The record to write with a new pod whose affinity matters to others: the part of the pod that placement needs. */
export function termsRecords(pod: Pod): RecordWrite[] {
  const {
    metadata: { uid = '', name = '', namespace = '' },
    spec: { affinity },
  } = pod;
  const value = {
    metadata: { uid, name, namespace },
    spec: { containers: [], affinity },
    status: {},
  };
  return bearsOnOthers(pod)
    ? [{ key: TERMS_PREFIX + uid, value: value as unknown as Json, expected: 0 }]
    : [];
}

/** The pod waits for a node that the scheduler did not find. */
export const isWaiting = ({ observed, end }: PodRecord): boolean =>
  observed.unscheduled !== undefined && observed.scheduledAt === undefined && end === undefined;

const isOfWeight = ({ bearsOnOthers: bears, end }: PodRecord): boolean =>
  bears === true && end === undefined;

const waitingValue = (record: PodRecord): Waiting | undefined =>
  isWaiting(record) ? { byPods: record.observed.unscheduled?.byPods === true } : undefined;

/** The changes of these records for a change of the pod's record; `after` absent: the record is deleted. */
export function indexWrites(before: PodRecord, after: PodRecord | undefined): RecordWrite[] {
  const [was, is] = [waitingValue(before), after && waitingValue(after)];
  const waiting =
    was?.byPods === is?.byPods
      ? []
      : [
          {
            key: WAITING_PREFIX + before.uid,
            value: is ? { ...is } : null,
            expected: 'any' as const,
          },
        ];
  const terms =
    isOfWeight(before) && !(after && isOfWeight(after))
      ? [{ key: TERMS_PREFIX + before.uid, value: null, expected: 'any' as const }]
      : [];
  return [...waiting, ...terms];
}
