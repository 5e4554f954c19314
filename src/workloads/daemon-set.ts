// DaemonSets: type, defaults and rules (pkg/apis/apps/validation).
import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { invalidValue, notNegative, notSupported, required } from '../validation/field-errors.ts';
import { atMostWhole, plainValue, validateIntOrPercent } from './int-or-percent.ts';
import type { PodTemplate } from './pod-template.ts';
import type { RollingUpdate } from './rolling-update.ts';
import { shownStrategy } from './rolling-update.ts';
import { defaultTemplate } from './pod-template.ts';
import { validateLastingTemplate, validateWorkloadSelector } from './selector.ts';

export interface DaemonSet extends KubeObject {
  spec: {
    selector?: LabelSelector;
    template: PodTemplate;
    updateStrategy: { type: string; rollingUpdate?: RollingUpdate };
    minReadySeconds?: number;
    revisionHistoryLimit: number;
  };
  status: DaemonSetStatus;
}

export interface DaemonSetStatus {
  currentNumberScheduled: number;
  numberMisscheduled: number;
  desiredNumberScheduled: number;
  numberReady: number;
  observedGeneration?: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  collisionCount?: number;
}

const REVISIONS = 10;
/** Counts changes to the template; written by the API server. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** The object as a DaemonSet with every default; the argument is not changed. May be repeated. */
export function toDaemonSet(object: KubeObject): DaemonSet {
  const spec = (isMap(object['spec']) ? object['spec'] : {}) as Partial<DaemonSet['spec']>;
  return {
    ...object,
    spec: {
      ...spec,
      updateStrategy: defaultStrategy(spec.updateStrategy),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? REVISIONS,
      template: defaultTemplate(spec.template),
    },
    status: {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
      ...(isMap(object['status']) ? (object['status'] as Partial<DaemonSetStatus>) : {}),
    },
  };
}

function defaultStrategy(
  given: Partial<DaemonSet['spec']['updateStrategy']> = {},
): DaemonSet['spec']['updateStrategy'] {
  const type = given.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...given, type };
  const { maxUnavailable = 1, maxSurge = 0 } = (given.rollingUpdate ??
    {}) as Partial<RollingUpdate>;
  return { type, rollingUpdate: { maxUnavailable, maxSurge } };
}

/** Problems of a defaulted spec. */
export function validateDaemonSetSpec({ spec }: DaemonSet): FieldError[] {
  const { problems, usable } = validateWorkloadSelector(spec.selector, 'daemonset');
  return [
    // Of a malformed selector Kubernetes names the malformed parts only.
    ...(usable ? problems : problems.slice(0, -1)),
    ...(usable ? validateLastingTemplate(spec.template, spec.selector, 'DaemonSet') : []),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateStrategy(spec.updateStrategy),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

function validateStrategy({
  type,
  rollingUpdate,
}: DaemonSet['spec']['updateStrategy']): FieldError[] {
  const field = 'spec.updateStrategy';
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate')
    return [notSupported(field, shownStrategy(type, rollingUpdate), ['RollingUpdate', 'OnDelete'])];
  if (rollingUpdate === undefined) return [required(`${field}.rollingUpdate`)];
  return validateRollingUpdate(rollingUpdate, `${field}.rollingUpdate`);
}

function validateRollingUpdate(
  { maxUnavailable, maxSurge }: RollingUpdate,
  field: string,
): FieldError[] {
  const [unavailable, surge] = [plainValue(maxUnavailable), plainValue(maxSurge)];
  const errors = [
    ...validateIntOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...validateIntOrPercent(`${field}.maxSurge`, maxSurge),
  ];
  if (unavailable !== 0 && surge !== 0)
    errors.push(
      invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'),
    );
  if (unavailable === 0 && surge === 0)
    errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return [
    ...errors,
    ...atMostWhole(`${field}.maxUnavailable`, maxUnavailable),
    ...atMostWhole(`${field}.maxSurge`, maxSurge),
  ];
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

/** Problems of a status that replaces `old`. */
export function validateDaemonSetStatus(
  status: DaemonSetStatus,
  old: DaemonSetStatus,
): FieldError[] {
  const fewer = (status.collisionCount ?? -1) < (old.collisionCount ?? -1);
  return [
    ...COUNTS.flatMap((name) => notNegative(`status.${name}`, status[name])),
    ...(fewer
      ? [invalidValue('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented')]
      : []),
  ];
}
