// What a controller is: a pure function from an object and what it reads to the writes that bring the world nearer to the object's spec.
// src/steps/reconcile runs it; every delivery may be lost, doubled, late or reordered (docs/design/controllers.md).
import type { ApiErrorDetails, Reason } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';

export interface Controller {
  /** Kubernetes' name, e.g. `job-controller`: the source of its events, and its service account in kube-system is its user. */
  name: string;
  /** The resource that it reconciles, by its name in the store, e.g. `jobs.batch`. */
  resource: string;
  /**
   * Other resources that `reconcile` reads: of the object's namespace, or all objects of a cluster-wide resource. A change of one of their
   * objects wakes the object that controls it (by ownerReference), and those that `concerns` names.
   */
  reads: readonly string[];
  /** How an object is tried again after an error or a refusal; absent: 5 ms, doubling up to 1000 s. */
  backOff?: { firstMs: number; maxMs: number };
  /** A finalizer that it keeps on its children and takes off itself; the garbage collector takes it off a child that nobody controls. */
  childFinalizer?: string;
  /** In place of `reads`, where it differs from object to object; a custom resource may be among them. `concerns` is then asked about those that read it. Pure. */
  readsFor?(object: KubeObject): readonly string[];
  /** The names of those among `objects` (all of `resource` in the namespace) that a changed object concerns besides its owner. Pure. */
  concerns?(changed: KubeObject, objects: readonly KubeObject[]): string[];
  /** Whether the object is one of those that it has something to do with; absent: all are. Pure. */
  applies?(object: KubeObject): boolean;
  /** Pure. The object and everything in the world are shared with others and must not be changed. */
  reconcile(object: KubeObject, world: World, now: Date): Outcome;
}

/** What is stored now, as the store reads its own writes: no expectations are needed (kube-controller-manager has them because its caches lag). */
export interface World {
  /** The objects of one of the controller's `reads`. */
  list(resource: string): readonly KubeObject[];
  /** The writes of this pass that the API refused. Then `reconcile` is asked once more, and of its answer everything but creations is done. */
  refused: readonly Refused[];
}

export interface Refused {
  write: Write;
  /** `status.reason`, message and details of the API's answer. */
  reason: Reason | '';
  message: string;
  details: ApiErrorDetails;
}

export interface Outcome {
  /** Done in this order; a conflict ends the pass, and the object is reconciled again. */
  writes: Write[];
  /** When to look again though nothing changes (deadlines, TTL, minReadySeconds, a schedule). */
  requeueAt?: Date;
}

/** An event on the reconciled object; `%name` in the message becomes the name of the written object, `%error` the API's message. */
export interface Announcement {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

interface Announced {
  /** Said when the write succeeded. */
  done?: Announcement;
  /** Said when the API refused it (not for a namespace that is ending). */
  refused?: Announcement;
}

export type Write =
  /**
   * A child. With `generateName` its name and uid follow from the owner's uid and a count that the same commit raises, so that a doubled run
   * makes nothing double; a name that is taken by another owner's object is a refusal.
   */
  | ({ verb: 'create'; resource: string; object: KubeObject } & Announced)
  /** The whole object under the resourceVersion that was read. */
  | ({ verb: 'update'; resource: string; object: KubeObject } & Announced)
  /** As update, through the `/status` subresource; skipped where nothing changes. */
  | ({ verb: 'updateStatus'; resource: string; object: KubeObject } & Announced)
  /** Under the uid that was read; gone already is success and announces nothing. */
  | ({
      verb: 'delete';
      resource: string;
      object: KubeObject;
      propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
    } & Announced)
  /** An event on the reconciled object. */
  | ({ verb: 'event' } & Announcement);
