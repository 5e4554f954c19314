// HorizontalPodAutoscaler: charts bring it, and nothing here measures pods to scale by; a warning says so. It is stored as autoscaling/v2.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { kindShape } from '../../kinds/shapes.ts';
import { isMap, mapOf } from '../../own.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { present } from '../../present.ts';
import { CPU, fromFirstVersion, toFirstVersion } from '../../workloads/autoscaler/first-version.ts';
import { validateAutoscalerSpec } from '../../workloads/autoscaler/validate-autoscaler.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy, VersionForm } from './strategy.ts';

const KIND = 'HorizontalPodAutoscaler';
const FIRST: VersionForm = {
  apiVersion: 'autoscaling/v1',
  shape: () => kindShape('autoscaling', KIND, 'v1'),
  toWire: toFirstVersion,
};
const SECOND: VersionForm = {
  apiVersion: 'autoscaling/v2',
  shape: () => kindShape('autoscaling', KIND, 'v2'),
  toWire: (object) => object,
};

const perQuarterMinute = (type: string, value: number) => ({ type, value, periodSeconds: 15 });

/** The rules of a behavior that names none. */
const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [perQuarterMinute('Pods', 4), perQuarterMinute('Percent', 100)],
};
const SCALE_DOWN = { selectPolicy: 'Max', policies: [perQuarterMinute('Percent', 100)] };

const wholeBehavior = (behavior: unknown): unknown =>
  isMap(behavior)
    ? {
        ...behavior,
        scaleUp: { ...SCALE_UP, ...(isMap(behavior['scaleUp']) ? behavior['scaleUp'] : {}) },
        scaleDown: {
          ...SCALE_DOWN,
          ...(isMap(behavior['scaleDown']) ? behavior['scaleDown'] : {}),
        },
      }
    : undefined;

function defaultAutoscaler(object: KubeObject): KubeObject {
  const spec = object['spec'];
  if (!isMap(spec)) return object;
  const metrics: unknown[] = Array.isArray(spec['metrics']) ? spec['metrics'] : [];
  return {
    ...object,
    spec: {
      ...spec,
      minReplicas: spec['minReplicas'] ?? 1,
      metrics: metrics.length > 0 ? metrics : [CPU],
      ...present({ behavior: wholeBehavior(spec['behavior']) }),
    },
  };
}

const specProblems = (object: KubeObject): FieldError[] =>
  validateAutoscalerSpec(mapOf(object['spec']));

/** A metric's target as kubectl shows it; its current value is never known here. */
function targetText(metric: unknown): string {
  const type = text(metric, 'type');
  const source = member(metric, `${type.charAt(0).toLowerCase()}${type.slice(1)}`);
  const target = member(source, 'target');
  const percent = text(target, 'averageUtilization');
  const value =
    percent === '' ? text(target, 'averageValue') || text(target, 'value') : `${percent}%`;
  const name = text(source, 'name');
  return `${name === '' ? '' : `${name}: `}<unknown>/${value === '' ? '<auto>' : value}`;
}

const metricsOf = (object: KubeObject): unknown[] => {
  const metrics = member(object, 'spec', 'metrics');
  return Array.isArray(metrics) ? metrics : [];
};

const count = (object: KubeObject, ...path: string[]): Cell => Number(member(object, ...path) ?? 0);

/** The main endpoint of autoscaling/v2, which may not write the status. */
export const autoscalers: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Reference', 'The resource that is scaled'),
      column('Targets', 'The metrics that are scaled by'),
      column('MinPods', 'The lower limit of the number of pods'),
      { ...column('MaxPods', 'The upper limit of the number of pods') },
      { ...column('Replicas', 'The current number of pods'), type: 'integer' },
      ageColumn(),
    ],
    (object): Cell[] => [
      object.metadata.name ?? '',
      `${text(object, 'spec', 'scaleTargetRef', 'kind')}/${text(object, 'spec', 'scaleTargetRef', 'name')}`,
      metricsOf(object).map(targetText).join(', ') || '<none>',
      text(object, 'spec', 'minReplicas') || '<unset>',
      count(object, 'spec', 'maxReplicas'),
      count(object, 'status', 'currentReplicas'),
      age(object),
    ],
  ),
  defaults: defaultAutoscaler,
  prepareForCreate: (object) => ({
    ...object,
    status: { currentMetrics: null, desiredReplicas: 0 },
  }),
  prepareForUpdate: keepStatus,
  validate: (object, call) => [...plain.validate(object, call), ...specProblems(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...specProblems(next),
  ],
  warnings: () => [
    'spec: stored, but nothing in droppod measures pods, so a HorizontalPodAutoscaler changes no number of replicas',
  ],
  resetFields: ['status'],
  otherForms: [FIRST],
};

/** `/status` of autoscaling/v2. */
export const autoscalerStatus: Strategy = statusOf(autoscalers);

const firstForm = {
  fromWire: fromFirstVersion,
  toWire: toFirstVersion,
  otherForms: [SECOND],
};

/** The main endpoint of autoscaling/v1. */
export const autoscalersV1: Strategy = { ...autoscalers, ...firstForm };

/** `/status` of autoscaling/v1. */
export const autoscalerStatusV1: Strategy = { ...autoscalerStatus, ...firstForm };
