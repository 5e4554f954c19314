// delete: grace, preconditions and finalizers decide whether an object is removed now, marked, or left as it is.
import { isDeepStrictEqual } from 'node:util';
import { conflict, forbidden, invalid, notFound, StoreConflict } from '../../errors.ts';
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { kindShape } from '../../kinds/shapes.ts';
import { later, secondsLeft } from '../../later.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Json } from '../../ports/json.ts';
import { deletionEndWrites, deletionWrites } from '../../owners/deletions.ts';
import { ownerRecords } from '../../owners/dependents.ts';
import { present } from '../../present.ts';
import { afterCommit } from '../after-commit.ts';
import { keyOf } from '../call.ts';
import type { Answer, Call } from '../call.ts';
import { member } from '../resources/plain.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { parseText, readBody } from '../wire/body.ts';
import { decodeObject } from '../wire/decode.ts';
import { decoding } from '../wire/decoding.ts';
import { bodyFormat } from '../wire/negotiation.ts';
import { checkDryRun, intOption } from '../wire/options.ts';
import { decodeProtobuf } from '../wire/protobuf.ts';
import { success } from '../wire/status.ts';
import { finalizersFor, policyWarnings } from './deletion-policy.ts';

const ATTEMPTS = 5;

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: string;
  orphanDependents?: boolean;
  dryRun: boolean;
}

/** DELETE of a name. */
export async function remove(call: Call): Promise<Answer> {
  const options = await deleteOptions(call);
  call.warnings.push(...policyWarnings(call, options));
  const { object, gone } = await deleteObject(call, options);
  if (!gone || call.strategy.returnsDeleted)
    return {
      code: !gone && options.orphanDependents === false ? 202 : 200,
      object,
      kind: 'object',
    };
  const { uid } = object.metadata;
  const { plural, group } = call.resource;
  return {
    code: 200,
    object: success({
      details: {
        name: call.name,
        ...present({ group: group || undefined }),
        kind: plural,
        ...present({ uid: uid || undefined }),
      },
    }),
    kind: 'status',
  };
}

/** Takes the options from the body where there is one, else from the query. */
export async function deleteOptions(call: Call): Promise<DeleteOptions> {
  const bytes = await readBody(call.request);
  const raw = bytes.length > 0 ? await fromBody(call, bytes) : fromQuery(call.query);
  const grace = raw['gracePeriodSeconds'];
  const preconditions = member(raw, 'preconditions');
  const uid = member(preconditions, 'uid');
  const version = member(preconditions, 'resourceVersion');
  const dryRun = Array.isArray(raw['dryRun']) ? raw['dryRun'].map(String) : [];
  const { propagationPolicy, orphanDependents } = raw;
  const options = {
    ...present({
      gracePeriodSeconds: typeof grace === 'number' ? (grace < 0 ? 1 : grace) : undefined,
    }),
    preconditions: {
      ...present({
        uid: typeof uid === 'string' ? uid : undefined,
        resourceVersion: typeof version === 'string' ? version : undefined,
      }),
    },
    ...present({
      propagationPolicy: typeof propagationPolicy === 'string' ? propagationPolicy : undefined,
      orphanDependents: typeof orphanDependents === 'boolean' ? orphanDependents : undefined,
    }),
    dryRun: dryRun.length > 0,
  };
  const problems = [...checkPolicy(options), ...checkDryRun(dryRun)];
  if (problems.length > 0) throw invalid('DeleteOptions', '', problems, 'meta.k8s.io');
  return options;
}

async function fromBody(
  call: Call,
  bytes: Uint8Array,
): Promise<{ [key: string]: Json | undefined }> {
  const format = bodyFormat(call.request);
  const value =
    format === 'protobuf'
      ? await decodeProtobuf(bytes, { group: '', version: 'v1', kind: 'DeleteOptions' })
      : decoding(
          "couldn't get version/kind; json parse error: ",
          () => parseText(Buffer.from(bytes).toString('utf8'), format).value ?? {},
        );
  const decoded = decoding(
    'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ',
    () => decodeObject(kindShape('', 'DeleteOptions'), value, []),
  );
  // An empty policy is an unsupported one, not an absent one.
  return member(value, 'propagationPolicy') === ''
    ? { ...decoded, propagationPolicy: '' }
    : decoded;
}

function fromQuery(query: URLSearchParams): { [key: string]: Json | undefined } {
  const grace = intOption(query, 'gracePeriodSeconds');
  const orphan = query.get('orphanDependents');
  return {
    ...present({
      gracePeriodSeconds: grace,
      propagationPolicy: query.has('propagationPolicy')
        ? query.get('propagationPolicy')
        : undefined,
      orphanDependents: orphan === null ? undefined : orphan === 'true' || orphan === '1',
    }),
    dryRun: query.getAll('dryRun').filter((value) => value !== ''),
  };
}

function checkPolicy({ propagationPolicy: policy, orphanDependents }: DeleteOptions): FieldError[] {
  if (policy !== undefined && orphanDependents !== undefined) {
    return [
      {
        field: 'propagationPolicy',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      },
    ];
  }
  if (policy === undefined || ['Foreground', 'Background', 'Orphan'].includes(policy)) return [];
  return [
    {
      field: 'propagationPolicy',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    },
  ];
}

interface Deleted {
  /** The last state. */
  object: KubeObject;
  gone: boolean;
  /** False: the deletion had begun before, and nothing had to change. */
  written: boolean;
}

/** Deletes one object by the rules of its kind. */
export async function deleteObject(call: Call, options: DeleteOptions): Promise<Deleted> {
  for (let attempt = 1; ; attempt++) {
    const old = await call.ports.store.get(keyOf(call));
    if (old === undefined) throw notFound(call.resource.stored, call.name);
    const refusal = call.strategy.refuseDelete?.(old, call);
    if (refusal !== undefined) throw forbidden(call.resource.stored, call.name, refusal);
    checkPreconditions(call, options, old);
    try {
      return await deleteStored(call, options, old);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      if (attempt >= ATTEMPTS) throw conflict(call.resource.stored, call.name);
    }
  }
}

function checkPreconditions(
  call: Call,
  { preconditions }: DeleteOptions,
  { metadata }: KubeObject,
): void {
  const { kind } = call.resource;
  const uid = preconditions?.uid;
  const version = preconditions?.resourceVersion;
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      kind,
      call.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    );
  }
  if (version !== undefined && version !== metadata.resourceVersion) {
    throw conflict(
      kind,
      call.name,
      `the ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}

type Decision = { step: 'keep' } | { step: 'mark' | 'remove'; object: KubeObject };

async function deleteStored(call: Call, options: DeleteOptions, old: KubeObject): Promise<Deleted> {
  const decision = decide(call, options, old);
  if (decision.step === 'keep') {
    if (!options.dryRun) await afterCommit(call.ports, call.strategy.deleting?.(old, call));
    return { object: old, gone: false, written: false };
  }
  if (decision.step === 'remove')
    return {
      object: await removeObject(call, decision.object, old, options.dryRun),
      gone: true,
      written: true,
    };
  if (options.dryRun) return { object: decision.object, gone: false, written: false };
  await call.strategy.marking?.(call);
  const { version } = await call.ports.store.commit({
    object: { key: keyOf(call), object: decision.object, expected: versionOf(old) },
    records: [...deletionWrites(keyOf(call), decision.object), ...(call.given?.records ?? [])],
  });
  const stored = {
    ...decision.object,
    metadata: {
      ...decision.object.metadata,
      ...present({ resourceVersion: version ? version : undefined }),
    },
  };
  await afterCommit(call.ports, call.strategy.deleting?.(stored, call));
  return { object: stored, gone: false, written: true };
}

const versionOf = ({ metadata }: KubeObject): ResourceVersion =>
  (metadata.resourceVersion ?? '') as ResourceVersion;

function decide(call: Call, options: DeleteOptions, old: KubeObject): Decision {
  const begun = call.strategy.beginDelete?.(old, call.now);
  if (begun !== undefined)
    return begun === old ? { step: 'keep' } : { step: 'mark', object: begun };
  const finalizers = finalizersFor(call, options, old);
  const held = finalizers.length > 0;
  const grace = Math.min(
    call.strategy.graceSeconds?.(old, options.gracePeriodSeconds) ?? 0,
    secondsLeft(call.now),
  );
  if (old.metadata.deletionTimestamp !== undefined)
    return decideAgain(call, options, old, { grace, finalizers });
  if (grace > 0 || held)
    return { step: 'mark', object: withFinalizers(marked(call, old, grace), finalizers) };
  return { step: 'remove', object: call.strategy.graceSeconds ? marked(call, old, 0) : old };
}

/** A second delete can only shorten the grace; the deadline counts from the first one. */
function decideAgain(
  call: Call,
  options: DeleteOptions,
  old: KubeObject,
  { grace, finalizers }: { grace: number; finalizers: string[] },
): Decision {
  const held = finalizers.length > 0;
  const present = old.metadata.deletionGracePeriodSeconds ?? 0;
  if (present === 0) return decideHeld(call, old, finalizers);
  const shorter = grace === 0 || (options.gracePeriodSeconds !== undefined && grace < present);
  if (!shorter) return { step: 'keep' };
  const deadline = later(new Date(String(old.metadata.deletionTimestamp)), grace - present);
  const late = deadline < call.now;
  const metadata = {
    ...old.metadata,
    deletionTimestamp: wholeSeconds(late ? call.now : deadline),
    deletionGracePeriodSeconds: late && grace > 0 ? 1 : grace,
  };
  const object = withFinalizers({ ...old, metadata }, finalizers);
  return grace === 0 && !held ? { step: 'remove', object } : { step: 'mark', object };
}

/** Only finalizers keep the object. Another policy replaces the collector's, except for kinds with a grace period (pendingGraceful). */
function decideHeld({ strategy }: Call, old: KubeObject, finalizers: string[]): Decision {
  const before = old.metadata.finalizers ?? [];
  const next = strategy.graceSeconds ? before : finalizers;
  if (next.length === 0) return { step: 'remove', object: old };
  return isDeepStrictEqual(next, before)
    ? { step: 'keep' }
    : { step: 'mark', object: withFinalizers(old, next) };
}

function withFinalizers(object: KubeObject, next: string[]): KubeObject {
  const { finalizers = [], ...metadata } = object.metadata;
  if (isDeepStrictEqual(finalizers, next)) return object;
  return { ...object, metadata: next.length > 0 ? { ...metadata, finalizers: next } : metadata };
}

function marked(call: Call, old: KubeObject, grace: number): KubeObject {
  const metadata = {
    ...old.metadata,
    ...present({
      generation: call.strategy.generation ? (old.metadata.generation ?? 0) + 1 : undefined,
    }),
    deletionTimestamp: wholeSeconds(later(call.now, grace)),
    deletionGracePeriodSeconds: grace,
  };
  return { ...old, metadata };
}

/** Removes the object; `last` is the state that the answer and the DELETED event carry. */
export async function removeObject(
  call: Call,
  last: KubeObject,
  old: KubeObject,
  dryRun: boolean,
): Promise<KubeObject> {
  if (dryRun) return last;
  const records = [
    ...((await call.strategy.removalRecords?.(old, call)) ?? []),
    ...ownerRecords(keyOf(call), old, undefined),
    ...deletionEndWrites(old),
    ...(call.given?.records ?? []),
  ];
  const { resourceVersion: _version, ...metadata } = last.metadata;
  const { version } = await call.ports.store.commit({
    object: {
      key: keyOf(call),
      object: null,
      expected: versionOf(old),
      lastState: { ...last, metadata },
    },
    ...present({ records: records.length > 0 ? records : undefined }),
  });
  const shown = {
    ...last,
    metadata: { ...metadata, ...present({ resourceVersion: version ? version : undefined }) },
  };
  await afterCommit(call.ports, call.strategy.removed?.(shown, call));
  return shown;
}
