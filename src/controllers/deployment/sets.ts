// The ReplicaSets of a Deployment: which one is the new one, the annotations on them, and the one to be created
// (pkg/controller/deployment/util/deployment_util.go).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { byKey } from '../../by-key.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import type { Deployment } from '../../workloads/deployment.ts';
import { templateHash } from '../../workloads/hash.ts';
import type { PodTemplate } from '../../workloads/pod-template.ts';
import type { ReplicaSet } from '../../workloads/replica-set.ts';
import { controllerReference } from '../claim.ts';
import { maxSurge } from './limits.ts';

export const SETS = 'replicasets.apps';
const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
export const ROLLBACK = 'deprecated.deployment.rollback.to';

/** Annotations that are not copied between a Deployment and its sets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAX,
  ROLLBACK,
]);
const MAX_HISTORY = 2000;
const MAX_NAME = 253;

type Annotations = Readonly<Record<string, string>>;

const annotationsOf = ({ metadata }: KubeObject): Annotations => metadata.annotations ?? {};

/** The number in an annotation; undefined where there is none. Revisions have 64 bits. */
function numberIn(object: KubeObject, name: string): bigint | undefined {
  const text = own(annotationsOf(object), name);
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

const countIn = (object: KubeObject, name: string): number | undefined => {
  const count = numberIn(object, name);
  return count === undefined ? undefined : Number(count);
};

export const revisionOf = (object: KubeObject): bigint => numberIn(object, REVISION) ?? 0n;
/** The Deployment's replicas when the set was last scaled. */
export const desiredOf = (set: ReplicaSet): number | undefined => countIn(set, DESIRED);
/** The Deployment's maximum of pods at that time. */
export const mostOf = (set: ReplicaSet): number | undefined => countIn(set, MAX);
/** Whether the set had an earlier revision and was reused. */
export const wasReused = (set: ReplicaSet): boolean =>
  own(annotationsOf(set), HISTORY) !== undefined;

/** A set's template without the hash, as the Deployment has it. */
export function templateWithoutHash({ metadata, ...template }: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _hash, ...labels } = metadata.labels ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

/** Whether both templates are equal apart from the hash. */
export const isSameTemplate = (a: PodTemplate, b: PodTemplate): boolean =>
  isDeepStrictEqual(templateWithoutHash(a), templateWithoutHash(b));

/** When the object was created, in milliseconds. */
export const createdAt = ({ metadata }: KubeObject): number =>
  Date.parse(metadata.creationTimestamp ?? '');

/** Oldest first, then by name. */
export const byAge = (a: KubeObject, b: KubeObject): number =>
  createdAt(a) - createdAt(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);

/** The set whose template is the Deployment's; the oldest if there are several. */
export const findNewSet = (
  { spec }: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined =>
  [...sets].sort(byAge).find((set) => isSameTemplate(set.spec.template, spec.template));

/** The revision after those of the old sets. */
const nextRevision = (oldSets: readonly ReplicaSet[]): bigint =>
  oldSets.map(revisionOf).reduce((most, revision) => (revision > most ? revision : most), 0n) + 1n;

/** Lowest revision first. */
export const byRevision = (a: ReplicaSet, b: ReplicaSet): number =>
  revisionOf(a) < revisionOf(b) ? -1 : revisionOf(a) > revisionOf(b) ? 1 : 0;

/** The existing new set with what it must carry: the Deployment's annotations, its revision, its minReadySeconds. */
export function updatedNewSet(
  deployment: Deployment,
  set: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): ReplicaSet {
  const { minReadySeconds: _before, ...spec } = set.spec;
  return {
    ...set,
    metadata: {
      ...set.metadata,
      annotations: revised({ ...annotationsOf(set), ...copied(deployment) }, nextRevision(oldSets)),
    },
    spec: { ...spec, ...present({ minReadySeconds: deployment.spec.minReadySeconds }) },
  };
}

const copied = (object: KubeObject): Annotations =>
  Object.fromEntries(
    Object.entries(annotationsOf(object)).filter(([name]) => !NOT_COPIED.has(name)),
  );

/** The Deployment's annotations after a rollback: its own private ones, and those of the set. */
export const copiedBack = (deployment: Deployment, set: ReplicaSet): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(annotationsOf(deployment)).filter(([name]) => NOT_COPIED.has(name)),
  ),
  ...copied(set),
});

/** A revision only grows; earlier ones are kept, the oldest dropped when the list becomes too long. */
function revised(annotations: Annotations, revision: bigint): Record<string, string> {
  const before = own(annotations, REVISION);
  if (before !== undefined && !(/^\d+$/.test(before) && BigInt(before) < revision))
    return byKey(annotations);
  const next = byKey({ ...annotations, [REVISION]: String(revision) });
  if (before === undefined) return next;
  const history = (own(annotations, HISTORY) ?? '').split(',').filter((part) => part !== '');
  const all = [...history, before];
  while (all.length > 1 && all.join(',').length > MAX_HISTORY) all.shift();
  return byKey({ ...next, [HISTORY]: all.join(',') });
}

/** A new set for the Deployment's template, without replicas yet. Its name derives from the template. */
export function newSetOf(deployment: Deployment, oldSets: readonly ReplicaSet[]): ReplicaSet {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status.collisionCount);
  const labels = byKey({ ...spec.template.metadata.labels, [HASH_LABEL]: hash });
  return {
    metadata: {
      name: `${(metadata.name ?? '').slice(0, MAX_NAME - 1 - hash.length)}-${hash}`,
      ...present({ namespace: metadata.namespace }),
      labels,
      annotations: revised(copied(deployment), nextRevision(oldSets)),
      ownerReferences: [
        controllerReference({ apiVersion: 'apps/v1', kind: 'Deployment', object: deployment }),
      ],
    },
    spec: {
      replicas: 0,
      ...present({ minReadySeconds: spec.minReadySeconds }),
      selector: {
        ...spec.selector,
        matchLabels: { ...spec.selector?.matchLabels, [HASH_LABEL]: hash },
      },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}

/** The set at another size, with the Deployment's size recorded on it. */
export const resized = (deployment: Deployment, set: ReplicaSet, replicas: number): ReplicaSet => ({
  ...set,
  metadata: {
    ...set.metadata,
    annotations: byKey({
      ...annotationsOf(set),
      [DESIRED]: String(deployment.spec.replicas),
      [MAX]: String(deployment.spec.replicas + maxSurge(deployment)),
    }),
  },
  spec: { ...set.spec, replicas },
});

export const isActiveSet = ({ spec }: ReplicaSet): boolean => spec.replicas > 0;

/** The sum of a number over the sets. */
export const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + of(set), 0);

export const specReplicas = ({ spec }: ReplicaSet): number => spec.replicas;
export const availableReplicas = ({ status }: ReplicaSet): number => status.availableReplicas ?? 0;
