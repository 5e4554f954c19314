// What a kind does at each step of a verb; the verbs are the same for all kinds. A subresource such as /status has its own strategy.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { ObjectShape } from '../../kinds/shapes.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RecordWrite } from '../../ports/store.ts';
import type { Call } from '../call.ts';
import type { SelectableFields } from '../selectors/field-selector.ts';

export interface Column {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'number' | 'date';
  format?: string;
  description: string;
  /** 1: shown with `-o wide`. */
  priority?: number;
}

export interface Printer {
  columns: Column[];
  /** One cell per column. */
  cells(object: KubeObject): Cell[];
  conditions?(
    object: KubeObject,
  ): { type: string; status: string; reason: string; message: string }[];
}

/** The form that an object has in another version of its kind. */
export interface VersionForm {
  apiVersion: string;
  shape(): ObjectShape;
  toWire(object: KubeObject): KubeObject;
}

/** How a write changes an object. Each step may change its argument, which was decoded for this call. */
export interface WriteStrategy {
  /** Fills in defaults after decoding. */
  defaults(object: KubeObject): KubeObject;
  /** Restores from `old` what this endpoint may not write. */
  prepareForUpdate(next: KubeObject, old: KubeObject, call: Call): KubeObject | Promise<KubeObject>;
  validateUpdate(next: KubeObject, old: KubeObject, call: Call): FieldError[];
  /** Top-level members that this endpoint never owns in managedFields. */
  resetFields: string[];
}

export interface Strategy extends WriteStrategy {
  fields: SelectableFields;
  printer: Printer;
  /** Lookups and refusals by admission, before `prepareForCreate`. */
  admit?(object: KubeObject, call: Call): Promise<KubeObject>;
  admitUpdate?(next: KubeObject): KubeObject;
  /** Gives a new object, after `admit`, its exclusive values (addresses, ports); repeated if another writer takes one first. */
  allocate?(object: KubeObject, call: Call): Promise<KubeObject>;
  prepareForCreate(object: KubeObject, call: Call): KubeObject;
  /** The problems of a new object; refusals by the installation come before the kind's own rules. */
  validate(object: KubeObject, call: Call): FieldError[];
  warnings?(object: KubeObject): string[];
  updateWarnings?(next: KubeObject, old: KubeObject): string[];
  /** Grace in seconds when the client asks for `requested`; absent: the kind is removed at once. */
  graceSeconds?(object: KubeObject, requested: number | undefined): number;
  /** The reason why the object may not be deleted at all. */
  refuseDelete?(object: KubeObject, call: Pick<Call, 'ports' | 'user'>): string | undefined;
  /** DELETE returns the object instead of a Status. */
  returnsDeleted: boolean;
  /** PUT creates a missing object. */
  createOnUpdate?: boolean;
  /** PUT must name the resourceVersion. */
  versionedUpdate?: boolean;
  /** `metadata.generation` counts changes of the spec. */
  generation?: boolean;
  /** What `generation` counts changes of, if not the spec. */
  counted?(object: KubeObject): unknown;
  /** The stored kind that managedFields refer to, if the endpoint shows another kind (`/scale`). */
  shows?: Pick<Resource, 'group' | 'version' | 'kind' | 'custom'>;
  /** Records that are written in the commit that creates the object. */
  createRecords?(object: KubeObject, ports: Pick<Ports, 'settings' | 'ids'>): RecordWrite[];
  /** Records that are written in the commit that updates it. */
  updateRecords?(next: KubeObject, old: KubeObject): RecordWrite[];
  /** Records that are written in the commit that removes it. */
  removalRecords?(object: KubeObject, call: Pick<Call, 'ports'>): Promise<RecordWrite[]>;
  /** Before the commit that creates the object; an error is the response, and nothing is stored. */
  creating?(call: Call): Promise<void>;
  /** As `creating`, before the commit that marks it as being deleted. */
  marking?(call: Call): Promise<void>;
  /** Runs after the commit; if a crash prevents it, sweep makes up for it. */
  created?(object: KubeObject, call: Call): Promise<void>;
  updated?(object: KubeObject, old: KubeObject, call: Call): Promise<void>;
  deleting?(object: KubeObject, call: Call): Promise<void>;
  removed?(object: KubeObject, call: Pick<Call, 'ports'>): Promise<void>;
  /** Marks an object that remains after DELETE until something else removes it (namespaces). */
  beginDelete?(object: KubeObject, now: Date): KubeObject | undefined;
  /** Converts the stored form from and to another group's form of the kind. */
  fromWire?(object: KubeObject): KubeObject;
  toWire?(object: KubeObject): KubeObject;
  /** The forms of the kind's other versions: what their managers own is counted in them. */
  otherForms?: readonly VersionForm[];
  /** A warning for every read and write. */
  deprecation?: string;
}
