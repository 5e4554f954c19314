// The view of a watcher that sees every write: the objects after each of them, and the rules for all kinds.
import { apiVersionOf, RESOURCES } from '../../../src/kinds/resources.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import type { LogEntry, ObjectKey } from '../../../src/ports/store.ts';

const textOf = ({ resource, namespace, name }: ObjectKey): string =>
  `${resource}/${namespace}/${name}`;

/** The objects according to the log so far. */
export class Sight {
  readonly #objects = new Map<string, { key: ObjectKey; object: KubeObject }>();
  readonly #born = new Set<string>();

  /** Applies one write; returns its violations of the rules. */
  take({ type, key, object }: LogEntry): string[] {
    const text = textOf(key);
    if (type === 'DELETED') this.#objects.delete(text);
    else this.#objects.set(text, { key, object });
    const uid = object.metadata.uid ?? '';
    if (type !== 'ADDED') return [];
    if (this.#born.has(uid)) return [`${text} was made twice under one uid`];
    this.#born.add(uid);
    return [];
  }

  /** All objects of a resource, in the simulation's namespace or cluster-wide. */
  of(resource: string): KubeObject[] {
    return [...this.#objects.values()].flatMap(({ key, object }) =>
      key.resource === resource && (key.namespace === 'default' || key.namespace === '')
        ? [object]
        : [],
    );
  }

  one(resource: string, name: string): KubeObject | undefined {
    return this.of(resource).find(({ metadata }) => metadata.name === name);
  }

  /** Those whose controller is the object with that uid. */
  childrenOf(resource: string, uid: string | undefined): KubeObject[] {
    return this.of(resource).filter((object) => controllerOf(object)?.uid === uid);
  }

  /** Objects whose owners are all gone. */
  orphans(): string[] {
    const uids = new Set([...this.#objects.values()].map(({ object }) => object.metadata.uid));
    return [...this.#objects].flatMap(([text, { object }]) => {
      const { ownerReferences = [] } = object.metadata;
      const served = ownerReferences.filter(({ kind, apiVersion }) =>
        RESOURCES.some((one) => one.kind === kind && apiVersionOf(one) === apiVersion),
      );
      return served.length > 0 && !served.some(({ uid }) => uids.has(uid))
        ? [`${text} is an orphan`]
        : [];
    });
  }
}

export const controllerOf = ({ metadata }: KubeObject) =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

export const isGoing = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined;

/** What the scenarios read of specs and statuses, of whichever kind; the kinds' own tests check their forms. */
interface Spec {
  replicas?: number;
  suspend?: boolean;
  nodeName?: string;
  affinity?: object;
  containers: { image: string }[];
}
interface Status {
  phase?: string;
  conditions?: { type: string; status: string }[];
  active?: number;
  succeeded?: number;
  replicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  updatedReplicas?: number;
  numberReady?: number;
  updatedNumberScheduled?: number;
}

export const specOf = (object: KubeObject): Spec => (object['spec'] ?? {}) as Spec;
export const statusOf = (object: KubeObject): Status => (object['status'] ?? {}) as Status;

/** The image of a pod's first container. */
export const imageOf = (pod: KubeObject): string => specOf(pod).containers[0]?.image ?? '';

export const phaseOf = (pod: KubeObject): string => statusOf(pod).phase ?? 'Pending';

export const isOver = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(phaseOf(pod));

/** Neither ended nor being deleted. */
export const isActive = (pod: KubeObject): boolean => !isOver(pod) && !isGoing(pod);

export const isReady = (pod: KubeObject): boolean =>
  isActive(pod) &&
  statusOf(pod).conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
    true;

/** How a Job ended; undefined: it has not. */
export const endOf = (job: KubeObject): string | undefined =>
  statusOf(job).conditions?.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  )?.type;
