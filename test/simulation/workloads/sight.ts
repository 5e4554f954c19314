// What whoever watches every write sees: the objects after each of them, and the rules that hold for all kinds.
import { apiVersionOf, RESOURCES } from '../../../src/kinds/resources.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import type { LogEntry, ObjectKey } from '../../../src/ports/store.ts';

const textOf = ({ resource, namespace, name }: ObjectKey): string =>
  `${resource}/${namespace}/${name}`;

/** The objects as the log has made them so far. */
export class Sight {
  readonly #objects = new Map<string, { key: ObjectKey; object: KubeObject }>();
  readonly #born = new Set<string>();

  /** Takes one write; answers what no write may do. */
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

  /** All of a resource in the namespace of the simulation, or without one. */
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

/** Spec and status, read freely: the kinds' own tests hold their forms. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const specOf = (object: KubeObject): any => object['spec'] ?? {};
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const statusOf = (object: KubeObject): any => object['status'] ?? {};

export const phaseOf = (pod: KubeObject): string => statusOf(pod).phase ?? 'Pending';

export const isOver = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(phaseOf(pod));

/** Neither over nor on its way out. */
export const isActive = (pod: KubeObject): boolean => !isOver(pod) && !isGoing(pod);

export const isReady = (pod: KubeObject): boolean =>
  isActive(pod) &&
  (statusOf(pod).conditions as { type: string; status: string }[] | undefined)?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  ) === true;
