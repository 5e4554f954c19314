// Writing objects internally as a client would: through the API's verbs with defaults, admission, quota and validation.
import type { KubeObject } from '../kinds/pod.ts';
import type { RecordWrite } from './store.ts';

/** Records of the caller for the same commit; if their expectation fails, nothing is written and Conflict is thrown. */
export interface Fence {
  records: RecordWrite[];
}

export interface RemoveOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Only while this version is stored; the object's uid is a precondition in any case. */
  resourceVersion?: string;
}

/** The writes of one system user. `resource` is the name in the store; refusals are thrown as ApiError, as a client would see them. */
export interface Objects {
  /** The caller chooses the uid, so that a repeated call cannot create a second object: it is a Conflict. */
  create(
    resource: string,
    object: KubeObject,
    options: Fence & { uid: string },
  ): Promise<KubeObject>;
  /** The whole object, on condition of its resourceVersion. If it changes nothing, neither object nor records are written. */
  update(resource: string, object: KubeObject, options?: Fence): Promise<KubeObject>;
  /** Like update, through `/status`. */
  updateStatus(resource: string, object: KubeObject, options?: Fence): Promise<KubeObject>;
  /** `written` is false if the deletion had already started, so that neither object nor records were written. */
  remove(
    resource: string,
    object: KubeObject,
    options: Fence & RemoveOptions,
  ): Promise<{ written: boolean }>;
}

/** The writes of `system:serviceaccount:kube-system:<name>`. */
export type ObjectsAs = (name: string) => Objects;
