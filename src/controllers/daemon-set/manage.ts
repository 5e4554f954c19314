// One pod on every eligible node: finds missing, surplus and ended pods (pkg/controller/daemon, podsShouldBeOnNode).
import type { KubeObject } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { plainValue } from '../../workloads/int-or-percent.ts';
import type { DaemonSet } from '../../workloads/daemon-set.ts';
import { TEMPLATE_GENERATION } from '../../workloads/daemon-set.ts';
import type { Write } from '../controller.ts';
import { isAvailable, isReady } from '../pod-states.ts';

export interface Members {
  set: DaemonSet;
  nodes: { node: KubeObject; runs: boolean; stays: boolean }[];
  /** The set's pods by node, scheduled and older ones first. */
  pods: ReadonlyMap<string, readonly KubeObject[]>;
  /** The hash of the current template. */
  hash: string;
  now: Date;
}

export interface Plan {
  /** Nodes that should get a pod. */
  wanted: string[];
  removed: KubeObject[];
  events: Write[];
  /** When a failed pod may be replaced. */
  again?: Date;
}

/** A failed pod is replaced this long after its end. kube-controller-manager starts at one second and doubles, which needs memory. */
const FAILED_SECONDS = 10;

/** Whether the pod was created from the current template. */
export function isUpdated({ set, hash }: Members, { metadata }: KubeObject): boolean {
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  const { labels = {} } = metadata;
  return (
    labels['controller-revision-hash'] === hash ||
    (generation !== undefined && labels['pod-template-generation'] === generation)
  );
}

const mayRunTwo = ({ set }: Members): boolean => {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  return type === 'RollingUpdate' && plainValue(rollingUpdate?.maxSurge ?? 0) > 0;
};

/** Checks every node. */
export function manage(members: Members): Plan {
  const plan: Plan = { wanted: [], removed: [], events: [] };
  for (const { node, runs, stays } of members.nodes) {
    const name = node.metadata.name ?? '';
    const pods = members.pods.get(name) ?? [];
    const lasting = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (runs && pods.length === 0) plan.wanted.push(name);
    else if (!stays) plan.removed.push(...lasting);
    else prune(members, name, lasting, plan);
  }
  return plan;
}

function prune(members: Members, node: string, pods: readonly KubeObject[], plan: Plan): void {
  const running: KubeObject[] = [];
  for (const pod of pods) {
    const { phase } = toPod(pod).status;
    if (phase === 'Failed') replaceFailed(members, node, pod, plan);
    else if (phase === 'Succeeded') {
      plan.events.push(found(pod, node, 'succeeded'));
      plan.removed.push(pod);
    } else running.push(pod);
  }
  plan.removed.push(...(mayRunTwo(members) ? surgeSurplus(members, running) : running.slice(1)));
}

function replaceFailed({ now }: Members, node: string, pod: KubeObject, plan: Plan): void {
  const due = new Date(endOf(pod).getTime() + FAILED_SECONDS * 1000);
  if (due > now) {
    if (plan.again === undefined || due < plan.again) plan.again = due;
    return;
  }
  plan.events.push(found(pod, node, 'failed'));
  plan.removed.push(pod);
}

/** When the last container ended; for a pod that never ran, its creation. */
function endOf(object: KubeObject): Date {
  const { metadata, status } = toPod(object);
  const ends = (status.containerStatuses ?? []).flatMap(({ state }) =>
    state?.terminated?.finishedAt ? [new Date(state.terminated.finishedAt).getTime()] : [],
  );
  return new Date(Math.max(new Date(metadata.creationTimestamp ?? 0).getTime(), ...ends));
}

function found({ metadata }: KubeObject, node: string, how: 'failed' | 'succeeded'): Write {
  const what = `Found ${how} daemon pod ${metadata.namespace ?? ''}/${metadata.name ?? ''} on node ${node}`;
  return how === 'failed'
    ? {
        verb: 'event',
        type: 'Warning',
        reason: 'FailedDaemonPod',
        message: `${what}, will try to kill it`,
      }
    : {
        verb: 'event',
        type: 'Normal',
        reason: 'SucceededDaemonPod',
        message: `${what}, will try to delete it`,
      };
}

/** During a surge a node has an old and a new pod: the old one goes when it is not ready or the new one is available. */
function surgeSurplus(members: Members, running: readonly KubeObject[]): KubeObject[] {
  if (running.length <= 1) return [];
  const { set, now } = members;
  const [fresh, ...otherFresh] = running.filter((pod) => isUpdated(members, pod));
  const [old, ...otherOld] = running.filter((pod) => !isUpdated(members, pod));
  const goes =
    fresh && old && (!isReady(old) || isAvailable(fresh, set.spec.minReadySeconds ?? 0, now));
  return [...otherFresh, ...otherOld, ...(goes ? [old] : [])];
}
