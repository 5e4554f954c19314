// create: decode, admission, strategy, validation, one commit.
import {
  ApiError,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  StoreConflict,
} from '../../errors.ts';
import { byKey } from '../../by-key.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import { shapeOfResource } from '../../kinds/shapes.ts';
import { ownerRecords } from '../../owners/dependents.ts';
import { withOwners } from '../../owners/finalizers.ts';
import { present } from '../../present.ts';
import { repeats } from '../../repeats.ts';
import { checkLimits } from '../admission/limit-ranges.ts';
import { underQuota } from '../admission/quota.ts';
import { afterCommit } from '../after-commit.ts';
import { keyOf } from '../call.ts';
import type { Answer, Call } from '../call.ts';
import { managedAfterUpdate, withManaged } from '../fields/managed-fields.ts';
import type { ManagedEntry } from '../fields/managed-fields.ts';
import { text } from '../resources/plain.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { decodeBody } from '../wire/body.ts';
import { writeOptions } from '../wire/options.ts';
import type { WriteOptions } from '../wire/options.ts';

const NAME_ATTEMPTS = 8;
const GENERATED_PREFIX = 58;
const SUFFIX = 5;
const MAX_UINT64 = 2n ** 64n - 1n;

/** POST of a collection. */
export async function create(call: Call): Promise<Answer> {
  const options = writeOptions(call.request, call.query, 'CreateOptions');
  const decoded = await decodeBody(call.request, {
    ...call.resource,
    validation: options.fieldValidation,
    warnings: call.warnings,
  });
  return { code: 201, object: await createObject(call, decoded, options), kind: 'object' };
}

/** The body's namespace must equal the URL's; an empty one is filled in, and cluster-wide kinds have none. */
export function withNamespace(
  call: Pick<Call, 'resource' | 'namespace'>,
  object: KubeObject,
): KubeObject {
  const { namespace, ...metadata } = object.metadata;
  if (!call.resource.namespaced) return { ...object, metadata };
  if (namespace && namespace !== call.namespace)
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  return { ...object, metadata: { ...metadata, namespace: call.namespace } };
}

/** Drops duplicate owner references with a warning; exported for updates, which do the same. */
export function withDistinctOwners(call: Pick<Call, 'warnings'>, object: KubeObject): KubeObject {
  const owners = object.metadata.ownerReferences ?? [];
  const second = repeats(owners.map((owner) => JSON.stringify(owner)));
  if (second.size === 0) return object;
  const uids = [...second].map((index) => owners[index]?.uid).join(', ');
  call.warnings.push(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`,
  );
  return withOwners(
    object,
    owners.filter((_owner, index) => !second.has(index)),
  );
}

/** Labels and annotations as Kubernetes prints them: defaults, admission and controllers add some to those that were sent. */
export function withSortedMaps(object: KubeObject): KubeObject {
  const { labels, annotations } = object.metadata;
  const sorted = present({
    labels: labels && byKey(labels),
    annotations: annotations && byKey(annotations),
  });
  if (sorted.labels === labels && sorted.annotations === annotations) return object;
  return { ...object, metadata: { ...object.metadata, ...sorted } };
}

/** The object's name in admission's messages: a generated name does not exist yet. */
const admittedName = ({ name }: Pick<Call, 'name'>, { metadata }: KubeObject): string =>
  name || metadata.name || metadata.generateName || 'Unknown';

/** Refuses to create content in a namespace that is missing or terminating. */
export async function admitNamespace(call: Call, object: KubeObject): Promise<void> {
  if (!call.resource.namespaced) return;
  const namespace = await call.ports.store.get({
    resource: 'namespaces',
    namespace: '',
    name: call.namespace,
  });
  if (namespace === undefined) throw notFound('namespaces', call.namespace);
  if (text(namespace, 'status', 'phase') !== 'Terminating') return;
  const why = `unable to create new content in namespace ${call.namespace} because it is being terminated`;
  const refusal = forbidden(call.resource.stored, admittedName(call, object), why);
  throw new ApiError('Forbidden', refusal.message, {
    ...refusal.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${call.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

/** Sets the fields that only the server writes; the name comes first, in Kubernetes' print order. */
function withSystemFields(
  object: KubeObject,
  name: string | undefined,
  uid: string,
  now: Date,
): KubeObject {
  const {
    name: _name,
    generateName,
    namespace,
    uid: _uid,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    resourceVersion: _version,
    generation: _generation,
    ...rest
  } = object.metadata;
  const metadata = {
    ...present({
      name: name || undefined,
      generateName: generateName || undefined,
      namespace: namespace || undefined,
    }),
    uid,
    creationTimestamp: wholeSeconds(now),
    ...rest,
  };
  return { ...object, metadata };
}

function creationEntries(call: Call, object: KubeObject, options: WriteOptions): ManagedEntry[] {
  const writer = {
    manager: options.fieldManager,
    apiVersion: apiVersionOf(call.resource),
    subresource: '',
    now: call.now,
    resetFields: call.strategy.resetFields,
  };
  return managedAfterUpdate(
    shapeOfResource(call.resource),
    undefined,
    call.strategy.toWire?.(object) ?? object,
    writer,
  );
}

/** Creates a decoded object: everything after decoding. `entries`: the managedFields of an apply. */
export async function createObject(
  call: Call,
  decoded: KubeObject,
  options: WriteOptions,
  entries?: ManagedEntry[],
): Promise<KubeObject> {
  const { strategy, ports, resource } = call;
  const placed = withNamespace(call, strategy.fromWire?.(decoded) ?? decoded);
  const { managedFields: _sent, ...metadata } = withDistinctOwners(call, placed).metadata;
  const defaulted = strategy.defaults({ ...placed, metadata });
  await admitNamespace(call, defaulted);
  const managed = entries ?? creationEntries(call, defaulted, options);
  const admitted = (await strategy.admit?.(defaulted, call)) ?? defaulted;
  const uid = call.given?.uid ?? ports.ids.uuid();
  const { name, generateName } = admitted.metadata;
  const make = async (): Promise<KubeObject> => {
    const allocated = (await strategy.allocate?.(admitted, call)) ?? admitted;
    const called = name ?? generated(generateName, ports.ids.suffix(SUFFIX));
    const whole = withSortedMaps(withSystemFields(allocated, called, uid, call.now));
    return withManaged(strategy.prepareForCreate(whole, call), managed);
  };
  const first = await make();
  const problems = strategy.validate(first, call);
  if (problems.length > 0)
    throw invalid(resource.kind, first.metadata.name ?? '', problems, resource.group);
  await checkLimits(call, first);
  call.warnings.push(...(strategy.warnings?.(first) ?? []));
  const { dryRun } = options;
  if (hasVersion(decoded) && !dryRun)
    throw new ApiError('', 'resourceVersion should not be set on objects to be created');
  const stored = await underQuota(call, { object: first, dryRun }, async () => {
    if (dryRun) return dry(call, first);
    await strategy.creating?.(call);
    return store(call, first, { make, named: Boolean(name) || !generateName });
  });
  if (!dryRun) await afterCommit(call.ports, strategy.created?.(stored, call));
  return stored;
}

/** Whether the object claims to be stored already (etcd3's Create); a text that is not a number does not count. */
function hasVersion({ metadata: { resourceVersion = '' } }: KubeObject): boolean {
  if (!/^\d+$/.test(resourceVersion)) return false;
  const version = BigInt(resourceVersion);
  return version > 0n && version <= MAX_UINT64;
}

const generated = (prefix: string | undefined, suffix: string): string | undefined =>
  prefix ? prefix.slice(0, GENERATED_PREFIX) + suffix : undefined;

/** A dry run stores nothing, but still refuses a taken name. */
async function dry(call: Call, object: KubeObject): Promise<KubeObject> {
  const key = { ...keyOf(call), name: object.metadata.name ?? '' };
  const present = await call.ports.store.get(key);
  if (present !== undefined) throw existing(call, object, present);
  return object;
}

async function store(
  call: Call,
  first: KubeObject,
  { make, named }: { make: () => Promise<KubeObject>; named: boolean },
): Promise<KubeObject> {
  let object = first;
  for (let attempt = 1; ; attempt++) {
    const key = { ...keyOf(call), name: object.metadata.name ?? '' };
    try {
      const records = [
        ...(call.strategy.createRecords?.(object, call.ports) ?? []),
        ...ownerRecords(key, undefined, object),
        ...(call.given?.records ?? []),
      ];
      const { version } = await call.ports.store.commit({
        object: { key, object, expected: 'absent' },
        ...present({ records: records.length > 0 ? records : undefined }),
      });
      return {
        ...object,
        metadata: {
          ...object.metadata,
          ...present({ resourceVersion: version ? version : undefined }),
        },
      };
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      const there = await call.ports.store.get(key);
      if (call.given && (there === undefined || there.metadata.uid === call.given.uid))
        // The caller's records have changed, or another run of the same call came first.
        throw conflict(call.resource.stored, object.metadata.name ?? '');
      // If the name is free, another object took a value that this one was given (an address, a port).
      if ((there && named) || attempt >= NAME_ATTEMPTS) throw existing(call, object, there);
      object = await make();
    }
  }
}

/** kube-apiserver mentions a generated name whenever a prefix was given, even if it was not used. */
function existing(
  call: Call,
  { metadata: { name = '', generateName } }: KubeObject,
  present: KubeObject | undefined,
): ApiError {
  const { message, details } = alreadyExists(call.resource.stored, name);
  if (generateName)
    return new ApiError(
      'AlreadyExists',
      `${message}, the server was not able to generate a unique name for the object`,
      { ...details, retryAfterSeconds: 1 },
    );
  const going = present?.metadata.deletionTimestamp !== undefined;
  return new ApiError(
    'AlreadyExists',
    going ? `object is being deleted: ${message}` : message,
    details,
  );
}
