// The interface of a controller: a pure function from an object and what it reads to the writes that bring the state closer to the spec.
// src/steps/reconcile runs it; any delivery may be lost, repeated, late or out of order (docs/design/controllers.md).
import type { ApiErrorDetails, Reason } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';

export interface Controller {
  /** Kubernetes' name, e.g. `job-controller`: the source of its events, and the service account in kube-system that it acts as. */
  name: string;
  /** The source of its events, where that is another name. */
  eventSource?: string;
  /** The resource that it reconciles, by its name in the store, e.g. `jobs.batch`. */
  resource: string;
  /**
   * Other resources that `reconcile` reads: in the object's namespace, or all objects of a cluster-wide resource. A change to one of
   * them wakes the object that controls it (by ownerReference), and those that `concerns` names.
   */
  reads: readonly string[];
  /** Its objects wait while no pod lives, when nothing sweeps: where a wake-up may be lost, a second one follows each. */
  waitsAlone?: boolean;
  /** The delays of retries after an error or a refusal; absent: 5 ms, doubling up to 1000 s. */
  backOff?: { firstMs: number; maxMs: number };
  /** A finalizer that it sets on its children and removes itself; the garbage collector removes it from a child without a controller. */
  childFinalizer?: string;
  /** Replaces `reads` where it differs by object, custom resources included; `concerns` is asked only about its readers. Pure. */
  readsFor?(object: KubeObject): readonly string[];
  /** Names of those `objects` (all of `resource` in the namespace) that a change to another object concerns, besides its owner. Pure. */
  concerns?(changed: KubeObject, objects: readonly KubeObject[]): string[];
  /** Whether `concerns` may name anything for a change to this object; absent: yes. Where not, the objects are not read. Pure. */
  mayConcern?(changed: KubeObject): boolean;
  /** Whether the controller is responsible for the object; absent: for all. Pure. */
  applies?(object: KubeObject): boolean;
  /** Pure. The object and everything in the world are shared and must not be changed. */
  reconcile(object: KubeObject, world: World, now: Date): Outcome;
}

/** What is stored now. The store reads its own writes, so no expectations are needed (kube-controller-manager's caches lag). */
export interface World {
  /** The objects of one of the controller's `reads`. */
  list(resource: string): readonly KubeObject[];
  /** The writes of this pass that the API refused. `reconcile` is then called once more, and all of its writes but creations are done. */
  refused: readonly Refused[];
}

export interface Refused {
  write: Write;
  /** `status.reason`, message and details of the API's response. */
  reason: Reason | '';
  message: string;
  details: ApiErrorDetails;
}

export interface Outcome {
  /** Done in this order; a conflict ends the pass, and the object is reconciled again. */
  writes: Write[];
  /** When to look again even if nothing changes (deadlines, TTL, minReadySeconds, a schedule). */
  requeueAt?: Date;
}

/** An event on the reconciled object; in the message `%name` stands for the written object's name, `%error` for the API's message. */
export interface Announcement {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

interface Announced {
  /** Recorded when the write succeeded. */
  done?: Announcement;
  /** Recorded when the API refused it (but not in a namespace that is terminating, nor because the child's name is taken). */
  refused?: Announcement;
}

export type Write =
  /**
   * A child. With `generateName`, its name and uid derive from the owner's uid and a count that the same commit raises, so a repeated run
   * creates nothing twice; a name that another owner's object has taken is a refusal. `follow`: what the stored child is then written to.
   */
  | ({
      verb: 'create';
      resource: string;
      object: KubeObject;
      follow?(stored: KubeObject): Write;
    } & Announced)
  /** The whole object, on condition of the resourceVersion that was read. */
  | ({ verb: 'update'; resource: string; object: KubeObject } & Announced)
  /** As update, through the `/status` subresource; skipped where nothing changes. */
  | ({ verb: 'updateStatus'; resource: string; object: KubeObject } & Announced)
  /** On condition of the uid that was read; if the object is gone already, it succeeds without an event. */
  | ({
      verb: 'delete';
      resource: string;
      object: KubeObject;
      propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
    } & Announced)
  /** An event on the reconciled object. */
  | ({ verb: 'event' } & Announcement);
