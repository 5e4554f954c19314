// HorizontalPodAutoscaler: accepted because charts contain it; nothing scales pods by it, and a warning says so.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

/** The metric that Kubernetes scales by if none is given. */
const CPU = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

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
    },
  };
}

function specProblems(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const [least, most] = ['minReplicas', 'maxReplicas'].map((name) =>
    Number(member(object, 'spec', name) ?? 0),
  ) as [number, number];
  if (least < 1)
    errors.push(invalidValue('spec.minReplicas', least, 'must be greater than or equal to 1'));
  if (most < 1) errors.push(invalidValue('spec.maxReplicas', most, 'must be greater than 0'));
  if (most < least)
    errors.push(
      invalidValue('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'),
    );
  for (const name of ['kind', 'name'])
    if (text(object, 'spec', 'scaleTargetRef', name) === '')
      errors.push(required(`spec.scaleTargetRef.${name}`));
  return errors;
}

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

/** The main endpoint, which may not write the status. */
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
};

/** `/status` of autoscalers. */
export const autoscalerStatus: Strategy = statusOf(autoscalers);
