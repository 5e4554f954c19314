// StatefulSets: type, defaults and rules (pkg/apis/apps/validation).
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { present } from '../present.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notNegative,
  notSupported,
} from '../validation/field-errors.ts';
import { labelProblems } from '../validation/names.ts';
import type { IntOrPercent } from './int-or-percent.ts';
import type { PodTemplate } from './pod-template.ts';
import { defaultTemplate } from './pod-template.ts';
import { validateLastingTemplate, validateWorkloadSelector } from './selector.ts';
import { validateClaimSpec } from '../pod/validation/volumes/claim-spec.ts';
import type { ClaimSpec } from '../pod/validation/volumes/claim-spec.ts';
import { defaultClaimSpec } from './storage/claim.ts';

interface RetentionPolicy {
  whenDeleted: string;
  whenScaled: string;
}

interface UpdateStrategy {
  type: string;
  rollingUpdate?: { partition: number; maxUnavailable?: IntOrPercent };
}

export interface StatefulSet extends KubeObject {
  spec: {
    replicas: number;
    selector?: LabelSelector;
    template: PodTemplate;
    volumeClaimTemplates?: KubeObject[];
    serviceName?: string;
    podManagementPolicy: string;
    updateStrategy: UpdateStrategy;
    revisionHistoryLimit: number;
    minReadySeconds?: number;
    persistentVolumeClaimRetentionPolicy: RetentionPolicy;
    ordinals?: { start: number };
  };
  status: StatefulSetStatus;
}

export interface StatefulSetStatus {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
  availableReplicas: number;
}

const REVISIONS = 10;

/** The object as a StatefulSet with every default; the argument is not changed. May be repeated. */
export function toStatefulSet(object: KubeObject): StatefulSet {
  const spec = (isMap(object['spec']) ? object['spec'] : {}) as Partial<StatefulSet['spec']>;
  const retention: Partial<RetentionPolicy> = spec.persistentVolumeClaimRetentionPolicy ?? {};
  return {
    ...object,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      podManagementPolicy: spec.podManagementPolicy || 'OrderedReady',
      updateStrategy: defaultStrategy(spec.updateStrategy),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? REVISIONS,
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: retention.whenDeleted || 'Retain',
        whenScaled: retention.whenScaled || 'Retain',
      },
      template: defaultTemplate(spec.template),
      ...present({ volumeClaimTemplates: spec.volumeClaimTemplates?.map(defaultClaim) }),
    },
    status: withCounts(isMap(object['status']) ? object['status'] : {}),
  };
}

const withCounts = (status: Partial<StatefulSetStatus>): StatefulSetStatus => ({
  ...status,
  replicas: status.replicas ?? 0,
  availableReplicas: status.availableReplicas ?? 0,
});

function defaultStrategy(given: Partial<UpdateStrategy> = {}): UpdateStrategy {
  const type = given.type || 'RollingUpdate';
  // A named type gets no members (measured).
  if (given.rollingUpdate === undefined && given.type) return { type };
  const { partition = 0, ...more } = (given.rollingUpdate ?? {}) as { partition?: number };
  return { type, rollingUpdate: { partition, ...more } };
}

/** Without `maxUnavailable`: Kubernetes 1.35 disables the feature by default and does not store the field. */
export function withoutMaxUnavailable(set: StatefulSet): StatefulSet {
  const { rollingUpdate } = set.spec.updateStrategy;
  if (rollingUpdate?.maxUnavailable === undefined) return set;
  const updateStrategy = {
    ...set.spec.updateStrategy,
    rollingUpdate: { partition: rollingUpdate.partition },
  };
  return { ...set, spec: { ...set.spec, updateStrategy } };
}

const claimSpecOf = ({ spec }: KubeObject): ClaimSpec => (isMap(spec) ? spec : {});

function defaultClaim(claim: KubeObject): KubeObject {
  const status = isMap(claim['status']) ? claim['status'] : {};
  return {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    ...claim,
    spec: defaultClaimSpec(claimSpecOf(claim)),
    status: { ...status, phase: status['phase'] ?? 'Pending' },
  };
}

/** The template with a volume per claim, behind its own ones: containers mount the claims by their names. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSet['spec']): PodTemplate {
  const volumes = template.spec.volumes ?? [];
  const claims = new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name ?? ''));
  for (const { name } of volumes) claims.delete(name);
  if (claims.size === 0) return template;
  const mounted = [...claims].map((name) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  return { ...template, spec: { ...template.spec, volumes: [...volumes, ...mounted] } };
}

/** Problems of a defaulted spec. */
export function validateStatefulSetSpec({ spec }: StatefulSet): FieldError[] {
  const { problems, usable } = validateWorkloadSelector(spec.selector, 'statefulset', '');
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy;
  const retention = 'spec.persistentVolumeClaimRetentionPolicy';
  return [
    ...(['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy)
      ? []
      : [
          invalidValue(
            'spec.podManagementPolicy',
            spec.podManagementPolicy,
            "must be 'OrderedReady' or 'Parallel'",
          ),
        ]),
    ...validateStrategy(spec.updateStrategy),
    ...retained(`${retention}.whenDeleted`, whenDeleted),
    ...retained(`${retention}.whenScaled`, whenScaled),
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.ordinals.start', spec.ordinals?.start),
    ...problems,
    ...(usable ? validateLastingTemplate(withClaims(spec), spec.selector, 'StatefulSet') : []),
    ...(spec.serviceName
      ? invalidEach('spec.serviceName', spec.serviceName, labelProblems(spec.serviceName))
      : []),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      validateClaimSpec(claimSpecOf(claim), `spec.volumeClaimTemplates[${index}].spec`),
    ),
  ];
}

const retained = (field: string, policy: string): FieldError[] =>
  ['Retain', 'Delete'].includes(policy) ? [] : [notSupported(field, policy, ['Retain', 'Delete'])];

function validateStrategy({ type, rollingUpdate }: UpdateStrategy): FieldError[] {
  const field = 'spec.updateStrategy';
  if (type === 'RollingUpdate')
    return notNegative(`${field}.rollingUpdate.partition`, rollingUpdate?.partition);
  if (type !== 'OnDelete') {
    const shown = { Type: type, RollingUpdate: internal(rollingUpdate) };
    return [invalidValue(field, shown, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  if (rollingUpdate === undefined) return [];
  const why = "only allowed for updateStrategy 'RollingUpdate'";
  return [invalidValue(`${field}.rollingUpdate`, internal(rollingUpdate), why)];
}

/** As Kubernetes prints its own type. */
const internal = (rollingUpdate: { partition: number } | undefined): object | null =>
  rollingUpdate === undefined ? null : { Partition: rollingUpdate.partition, MaxUnavailable: null };

const CHANGEABLE = [
  ...['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit'],
  ...['persistentVolumeClaimRetentionPolicy', 'minReadySeconds'],
];
const FIXED =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** Problems of changes to immutable fields. */
export function validateStatefulSetChange(next: StatefulSet, old: StatefulSet): FieldError[] {
  const fixed = ({ spec }: StatefulSet): object =>
    Object.fromEntries(Object.entries(spec).filter(([name]) => !CHANGEABLE.includes(name)));
  return isDeepStrictEqual(fixed(next), fixed(old)) ? [] : [forbiddenValue('spec', FIXED)];
}

const COUNTS = [
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
] as const;

/** Problems of a status. */
export function validateStatefulSetStatus(status: StatefulSetStatus): FieldError[] {
  const above = (name: (typeof COUNTS)[number], most: number, of: string): FieldError[] =>
    (status[name] ?? 0) > most
      ? [invalidValue(`status.${name}`, status[name] ?? 0, `cannot be greater than status.${of}`)]
      : [];
  return [
    ...(['replicas', ...COUNTS, 'observedGeneration', 'collisionCount'] as const).flatMap((name) =>
      notNegative(`status.${name}`, status[name]),
    ),
    ...COUNTS.flatMap((name) => above(name, status.replicas, 'replicas')),
    ...above('availableReplicas', status.readyReplicas ?? 0, 'readyReplicas'),
  ];
}
