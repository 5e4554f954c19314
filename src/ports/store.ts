// Objects with a resourceVersion, the log of their changes, and records.
import type { KubeObject } from '../kinds/pod.ts';
import type { ResourceVersion } from './identity.ts';
import type { Json } from './json.ts';

/** Where an object lives: `resource` is the plural with its group (`pods`, `deployments.apps`), `namespace` is '' for cluster kinds. */
export interface ObjectKey {
  resource: string;
  namespace: string;
  name: string;
}

export interface ListQuery {
  resource: string;
  /** Absent: all namespaces. */
  namespace?: string;
  /** Objects whose (namespace, name) sorts after this pair. */
  after?: { namespace: string; name: string };
  limit?: number;
  /** A hole-free version from before this call: it becomes the answer's, which saves a look at the log. */
  version?: ResourceVersion;
}

/** One entry of the log of changes. `object` carries its resourceVersion (a deletion's: the version of the deletion). */
export interface LogEntry {
  version: ResourceVersion;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  key: ObjectKey;
  object: KubeObject;
  /** The object before the change, as far as selectors need it (metadata, spec.nodeName, status.phase … or the whole). */
  previous?: KubeObject;
}

/** A record is droppod's own memory beside the objects (a pod's run state, keys, heartbeats); it has no resourceVersion. */
export interface StoredRecord {
  key: string;
  value: Json;
  /** Grows by one with each write; the optimistic lock. */
  revision: number;
}

export interface ObjectWrite {
  key: ObjectKey;
  /** The new object without resourceVersion; null deletes. */
  object: KubeObject | null;
  /** The version that must be stored now; 'absent': the object must not exist. */
  expected: ResourceVersion | 'absent';
  /** The last state to show in the DELETED entry, where it differs from the stored object. */
  lastState?: KubeObject;
}

export interface RecordWrite {
  key: string;
  /** null deletes. */
  value: Json | null;
  /** The revision that must be stored now; 0: must not exist; 'any': unconditional. */
  expected: number | 'any';
}

/** An object at one version. A store that caches it returns the same value again, so that results derived from it can be cached too. */
export interface StoredText {
  namespace: string;
  name: string;
  /** Its JSON with `metadata.resourceVersion`. */
  json(): string;
}

export interface ChangesOptions {
  waitMs: number;
  signal?: AbortSignal;
  only?: (key: ObjectKey) => boolean;
}

/** Objects with a resourceVersion, the log of changes, and records. See docs/design/store.md. */
export interface Store {
  /** The object with `metadata.resourceVersion`; undefined: not there. Always the newest. */
  get(key: ObjectKey): Promise<KubeObject | undefined>;
  /** In Kubernetes' storage order: by the bytes of `namespace/name`. A watch from `version` misses nothing. `more`: cut by the limit. */
  list(
    query: ListQuery,
  ): Promise<{ objects: KubeObject[]; version: ResourceVersion; more: boolean }>;
  /** As they are now, for readers that need no version to go on from: it saves the look at the log, and the wait for writes in progress. */
  listObjects(query: Omit<ListQuery, 'version'>): Promise<{ objects: KubeObject[]; more: boolean }>;
  /** Like list, with each object as JSON: for responses that show all of them whole, or that use cached results. */
  listTexts(
    query: ListQuery,
  ): Promise<{ objects: StoredText[]; version: ResourceVersion; more: boolean }>;
  /**
   * At most one object and any number of records, all or nothing. Returns the new version (undefined without an object). The object is
   * taken over: it is JSON (no member is undefined), and nobody changes it afterwards.
   * Throws StoreConflict if an expectation fails, ApiError RequestEntityTooLarge above 1.5 MiB (etcd's limit), Unavailable if
   * the table did not respond: the write may or may not have happened, and the caller reads again.
   */
  commit(write: {
    object?: ObjectWrite;
    records?: RecordWrite[];
  }): Promise<{ version: ResourceVersion | undefined }>;
  /**
   * The log after `after`, oldest first, without holes. Waits up to `waitMs` for the first entry; an empty result still moves `upTo`.
   * Entries are shared between callers and must not be changed. `only`: entries of other objects are left out, and cost nothing.
   * Throws CompactedError when the log no longer reaches back to `after`.
   */
  changes(
    after: ResourceVersion,
    options: ChangesOptions,
  ): Promise<{ entries: LogEntry[]; upTo: ResourceVersion }>;
  /** A version without holes before it, as list returns. */
  version(): Promise<ResourceVersion>;
  /** As `version`, by one read: it may lag behind by some minutes. */
  olderVersion(): Promise<ResourceVersion>;
  /** Within `work`, all looks at the end of the log are one, unless this process writes in between. Absent where they cost nothing. */
  atOneLook?<Result>(work: () => Promise<Result>): Promise<Result>;
  getRecord(key: string): Promise<StoredRecord | undefined>;
  /** All records whose key starts with `prefix`, sorted by key. `prefix` contains at least the kind, the part before the first `/`. */
  listRecords(prefix: string): Promise<StoredRecord[]>;
}
