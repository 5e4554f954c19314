// update: PUT, and the second half of patch: the new object is prepared, validated and stored.
import { isDeepStrictEqual } from 'node:util';
import { ApiError, badRequest, conflict, invalid, notFound, StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import { shapeOfResource } from '../../kinds/shapes.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import { ownerRecords } from '../../owners/dependents.ts';
import { present } from '../../present.ts';
import { checkLimits } from '../admission/limit-ranges.ts';
import { underQuota } from '../admission/quota.ts';
import { admitCall } from '../admit-caller.ts';
import { afterCommit } from '../after-commit.ts';
import { keyOf } from '../call.ts';
import type { Answer, Call } from '../call.ts';
import { managedAfterUpdate, withManaged } from '../fields/managed-fields.ts';
import type { ManagedEntry } from '../fields/managed-fields.ts';
import { validateCommonFields } from '../../validation/object-meta.ts';
import { decodeBody } from '../wire/body.ts';
import { writeOptions } from '../wire/options.ts';
import type { WriteOptions } from '../wire/options.ts';
import { createObject, withDistinctOwners, withNamespace, withSortedMaps } from './create.ts';
import { removeObject } from './delete.ts';
import { otherFormsOf } from './other-forms.ts';

const ATTEMPTS = 5;

/** PUT of a name. */
export async function update(call: Call): Promise<Answer> {
  const options = writeOptions(call.request, call.query, 'UpdateOptions');
  const decoded = await decodeBody(call.request, {
    ...call.resource,
    validation: options.fieldValidation,
    warnings: call.warnings,
  });
  checkIdentity(call, decoded);
  const { resourceVersion } = decoded.metadata;
  if (resourceVersion && !/^\d+$/.test(resourceVersion))
    throw new ApiError(
      '',
      `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    );
  if (
    call.strategy.versionedUpdate &&
    !resourceVersion &&
    (await call.ports.store.get(keyOf(call))) !== undefined
  ) {
    throw invalid(call.resource.stored, call.name, [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ]);
  }
  return updateObject(call, options, () => ({
    next: call.strategy.fromWire?.(decoded) ?? decoded,
  }));
}

/** The body must name the same object as the URL. */
export function checkIdentity(call: Call, { metadata }: KubeObject): void {
  if (!metadata.name)
    throw badRequest(
      `the name of the object (${call.name} based on URL) was undeterminable: name must be provided`,
    );
  if (metadata.name !== call.name)
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${call.name})`,
    );
}

/** Makes the new object from the stored one; `entries` replace the computed managedFields. */
export type Produce = (
  old: KubeObject,
) =>
  | { next: KubeObject; entries?: ManagedEntry[] }
  | Promise<{ next: KubeObject; entries?: ManagedEntry[] }>;

/** Reads the object, calls `produce`, stores the result; repeats after a concurrent write unless a PUT names its version. */
export async function updateObject(
  call: Call,
  options: WriteOptions,
  produce: Produce,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const old = await call.ports.store.get(keyOf(call));
    if (old === undefined) return createMissing(call, options, produce);
    const { next, entries } = await produce(old);
    checkVersions(call, next, old);
    try {
      return {
        code: 200,
        object: await storeUpdate(call, options, next, old, entries),
        kind: 'object',
      };
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      // A patch is applied to the newest object again; a version that it names itself is compared with that object's.
      const pinned = call.verb === 'update' && isPinned(next.metadata.resourceVersion);
      if (pinned || attempt >= ATTEMPTS) throw conflict(call.resource.stored, call.name);
    }
  }
}

async function createMissing(call: Call, options: WriteOptions, produce: Produce): Promise<Answer> {
  if (!call.strategy.createOnUpdate || call.verb !== 'update')
    throw notFound(call.resource.stored, call.name);
  await admitCall(call, 'create');
  const { next } = await produce({ metadata: {} });
  const { resourceVersion: _version, ...metadata } = next.metadata;
  return {
    code: 201,
    object: await createObject(call, { ...next, metadata }, options),
    kind: 'object',
  };
}

/** Version zero means no version: such a write overwrites the current state unconditionally. */
const isPinned = (version: string | undefined): boolean =>
  version !== undefined && !/^0*$/.test(version);

function checkVersions(call: Call, next: KubeObject, old: KubeObject): void {
  const { resource, name } = call;
  if (next.metadata.uid && next.metadata.uid !== old.metadata.uid && call.verb === 'update') {
    const place = `/registry/${resource.plural}/${call.namespace ? `${call.namespace}/` : ''}${name}`;
    throw conflict(
      resource.stored,
      name,
      `StorageError: invalid object, Code: 4, Key: ${place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
    );
  }
  const { resourceVersion } = next.metadata;
  if (isPinned(resourceVersion) && resourceVersion !== old.metadata.resourceVersion)
    throw conflict(resource.stored, name);
}

/** Copies system fields from the stored object; a deletion timestamp is left in to be refused if the stored object has none. */
function withStoredFields(next: KubeObject, old: KubeObject): KubeObject {
  const {
    resourceVersion: _version,
    selfLink: _link,
    managedFields: _managed,
    generation: _generation,
    creationTimestamp: _created,
    ...metadata
  } = next.metadata;
  const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds } =
    old.metadata;
  return {
    ...next,
    metadata: {
      ...metadata,
      ...present({
        uid: metadata.uid || !uid ? undefined : uid,
        creationTimestamp: creationTimestamp || undefined,
        generation,
        deletionTimestamp,
        deletionGracePeriodSeconds:
          deletionGracePeriodSeconds === undefined ||
          metadata.deletionGracePeriodSeconds !== undefined
            ? undefined
            : deletionGracePeriodSeconds,
      }),
    },
  };
}

async function prepare(call: Call, sent: KubeObject, old: KubeObject): Promise<KubeObject> {
  const { strategy } = call;
  const placed = withStoredFields(
    strategy.defaults(withDistinctOwners(call, withNamespace(call, sent))),
    old,
  );
  const prepared = await strategy.prepareForUpdate(placed, old, call);
  const next = withSortedMaps(strategy.admitUpdate?.(prepared) ?? prepared);
  const counted = strategy.counted ?? ((object: KubeObject) => object['spec']);
  if (!strategy.generation || isDeepStrictEqual(counted(next), counted(old))) return next;
  return {
    ...next,
    metadata: { ...next.metadata, generation: (old.metadata.generation ?? 0) + 1 },
  };
}

function managed(
  call: Call,
  options: WriteOptions,
  next: KubeObject,
  old: KubeObject,
): ManagedEntry[] {
  const { strategy } = call;
  const stored = strategy.shows ?? call.resource;
  const writer = {
    manager: options.fieldManager,
    apiVersion: apiVersionOf(stored),
    subresource: call.subresource,
    now: call.now,
    resetFields: strategy.resetFields,
  };
  const wire = (object: KubeObject): KubeObject =>
    strategy.shows === undefined ? (strategy.toWire?.(object) ?? object) : object;
  const forms = otherFormsOf(strategy);
  return managedAfterUpdate(shapeOfResource(stored), wire(old), wire(next), writer, forms);
}

async function storeUpdate(
  call: Call,
  options: WriteOptions,
  sent: KubeObject,
  old: KubeObject,
  entries: ManagedEntry[] | undefined,
): Promise<KubeObject> {
  const { strategy, resource } = call;
  const prepared = await prepare(call, sent, old);
  const problems = [
    ...validateCommonFields(prepared.metadata, old.metadata, resource.namespaced),
    ...strategy.validateUpdate(prepared, old, call),
  ];
  if (problems.length > 0) throw invalid(resource.kind, call.name, problems, resource.group);
  await checkLimits(call, prepared, old);
  if (call.subresource === '')
    call.warnings.push(...(strategy.updateWarnings?.(prepared, old) ?? []));
  // An update with [{}] clears managedFields.
  const cleared =
    sent.metadata.managedFields?.length === 1 &&
    Object.keys(sent.metadata.managedFields[0] ?? {}).length === 0;
  const next = withManaged(
    prepared,
    cleared ? [] : (entries ?? managed(call, options, prepared, old)),
  );
  if (isUnchanged(next, old)) return old;
  if (isReleased(next)) return removeObject(call, next, old, options.dryRun);
  const { dryRun } = options;
  const stored = await underQuota(call, { object: next, old, dryRun }, () =>
    dryRun ? withVersion(next, old.metadata.resourceVersion) : commitUpdate(call, next, old),
  );
  if (!dryRun) await afterCommit(call.ports, strategy.updated?.(stored, old, call));
  return stored;
}

async function commitUpdate(
  { strategy, ports, ...call }: Call,
  next: KubeObject,
  old: KubeObject,
): Promise<KubeObject> {
  const records = [
    ...(strategy.updateRecords?.(next, old) ?? []),
    ...ownerRecords(keyOf(call), old, next),
    ...(call.given?.records ?? []),
  ];
  const { version } = await ports.store.commit({
    object: {
      key: keyOf(call),
      object: next,
      expected: (old.metadata.resourceVersion ?? '') as ResourceVersion,
    },
    ...present({ records: records.length > 0 ? records : undefined }),
  });
  return withVersion(next, version);
}

const withVersion = (object: KubeObject, version: string | undefined): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, ...present({ resourceVersion: version || undefined }) },
});

/** Ignores the version and the managers' times. */
function isUnchanged(next: KubeObject, old: KubeObject): boolean {
  const { resourceVersion: _old, managedFields: before, ...oldMeta } = old.metadata;
  const { resourceVersion: _next, managedFields: after, ...nextMeta } = next.metadata;
  const timeless = (entries: typeof before): unknown =>
    entries?.map(({ time: _time, ...entry }) => entry);
  return (
    isDeepStrictEqual(nextMeta, oldMeta) &&
    isDeepStrictEqual(
      { ...next, metadata: 0, kind: 0, apiVersion: 0 },
      { ...old, metadata: 0, kind: 0, apiVersion: 0 },
    ) &&
    isDeepStrictEqual(timeless(after), timeless(before))
  );
}

/** Whether a terminating object lost its last finalizer and has no grace left. */
function isReleased({ metadata, spec }: KubeObject): boolean {
  if (
    metadata.deletionTimestamp === undefined ||
    (metadata.finalizers ?? []).length > 0 ||
    (metadata.deletionGracePeriodSeconds ?? 0) > 0
  )
    return false;
  const finalizers = (spec as { finalizers?: unknown[] } | undefined)?.finalizers;
  return !Array.isArray(finalizers) || finalizers.length === 0;
}
