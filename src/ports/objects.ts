// Writing objects the way a client does, from inside: through the API's own verbs with their defaults, admission, quota and validation.
import type { KubeObject } from '../kinds/pod.ts';
import type { RecordWrite } from './store.ts';

/** Records of the caller that the same commit writes; where their expectation fails, nothing is written and Conflict is thrown. */
export interface Fence {
  records: RecordWrite[];
}

export interface RemoveOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Only while this version is stored; the uid of the object is a precondition in any case. */
  resourceVersion?: string;
}

/** One system user's writes. `resource` is the name in the store; refusals are thrown as ApiError, as a client would get them. */
export interface Objects {
  /** The uid is the caller's, so that a doubled call cannot make a second object: it is a Conflict. */
  create(
    resource: string,
    object: KubeObject,
    options: Fence & { uid: string },
  ): Promise<KubeObject>;
  /** The whole object under its resourceVersion. Where it changes nothing, nothing is written, the records neither. */
  update(resource: string, object: KubeObject, options?: Fence): Promise<KubeObject>;
  /** As update, through `/status`. */
  updateStatus(resource: string, object: KubeObject, options?: Fence): Promise<KubeObject>;
  /** `written`: false where the deletion had begun already, and so neither object nor records were written. */
  remove(
    resource: string,
    object: KubeObject,
    options: Fence & RemoveOptions,
  ): Promise<{ written: boolean }>;
}

/** The writes of `system:serviceaccount:kube-system:<name>`. */
export type ObjectsAs = (name: string) => Objects;
