// Rules of a HorizontalPodAutoscaler in the form of autoscaling/v2: what it scales, its metrics and its behavior.
import type { FieldError } from '../../errors.ts';
import { isMap, listOf, mapOf, own } from '../../own.ts';
import { parseQuantity, printQuantity } from '../../pod/model/quantity.ts';
import { validateContainerResourceName } from '../../pod/validation/resources.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { labelProblems, pathSegmentProblems } from '../../validation/names.ts';

type Values = Record<string, unknown>;

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const SOURCES = ['Object', 'External', 'Pods', 'Resource', 'ContainerResource'];
const TARGETS = ['Utilization', 'Value', 'AverageValue'];
const MAX_WINDOW = 3600;
const MAX_PERIOD = 1800;

const at = (values: Values, name: string): Values => mapOf(own(values, name));
const textAt = (values: Values, name: string): string => {
  const value = own(values, name);
  return typeof value === 'string' ? value : '';
};
const numberAt = (values: Values, name: string): number => {
  const value = own(values, name);
  return typeof value === 'number' ? value : 0;
};

/** Problems of a defaulted spec. */
export function validateAutoscalerSpec(spec: Values): FieldError[] {
  const least = numberAt(spec, 'minReplicas');
  const most = numberAt(spec, 'maxReplicas');
  const metrics = listOf(own(spec, 'metrics')).map(mapOf);
  const errors: FieldError[] = [];
  if (least < 1)
    errors.push(invalidValue('spec.minReplicas', least, 'must be greater than or equal to 1'));
  if (most < 1) errors.push(invalidValue('spec.maxReplicas', most, 'must be greater than 0'));
  if (most < least)
    errors.push(
      invalidValue('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'),
    );
  return [
    ...errors,
    ...validateReference(at(spec, 'scaleTargetRef'), 'spec.scaleTargetRef', { grouped: true }),
    ...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`)),
    ...toZero(least, metrics),
    ...validateBehavior(at(spec, 'behavior')),
  ];
}

function toZero(least: number, metrics: readonly Values[]): FieldError[] {
  const counted = metrics.some(({ type }) => type === 'Object' || type === 'External');
  return least === 0 && !counted
    ? [
        forbiddenValue(
          'spec.metrics',
          'must specify at least one Object or External metric to support scaling to zero replicas',
        ),
      ]
    : [];
}

function validateReference(
  reference: Values,
  field: string,
  { grouped }: { grouped: boolean },
): FieldError[] {
  const version = textAt(reference, 'apiVersion');
  const kind = textAt(reference, 'kind');
  const parts = version.split('/');
  const problem =
    parts.length > 2
      ? `unexpected GroupVersion string: ${version}`
      : grouped && parts.length < 2 && kind !== 'ReplicationController'
        ? 'apiVersion must specify API group'
        : undefined;
  return [
    ...segment(kind, `${field}.kind`),
    ...segment(textAt(reference, 'name'), `${field}.name`),
    ...(problem === undefined ? [] : [invalidValue(`${field}.apiVersion`, version, problem)]),
  ];
}

const segment = (value: string, field: string, detail = ''): FieldError[] =>
  value === '' ? [required(field, detail)] : invalidEach(field, value, pathSegmentProblems(value));

function validateMetric(metric: Values, field: string): FieldError[] {
  const type = textAt(metric, 'type');
  const wanted = TYPES.includes(type) ? memberOf(type) : undefined;
  // Kubernetes judges the first source that is there, whatever the type, and names an unknown type twice.
  const present = SOURCES.filter((one) => isMap(own(metric, memberOf(one))));
  const unknownType =
    wanted === undefined ? [notSupported(`${field}.type`, type, TYPES)] : ([] as FieldError[]);
  return [
    ...(type === '' ? [required(`${field}.type`, 'must specify a metric source type')] : []),
    ...unknownType,
    ...present
      .slice(0, 1)
      .flatMap((one) =>
        validateSource(one, at(metric, memberOf(one)), `${field}.${memberOf(one)}`),
      ),
    ...unknownType,
    ...(wanted === undefined || isMap(own(metric, wanted))
      ? []
      : [required(`${field}.${wanted}`, 'must populate information for the given metric source')]),
    ...(present.length > 1 ? present.map(memberOf) : [])
      .filter((one) => one !== wanted)
      .map((one) =>
        forbiddenValue(`${field}.${one}`, 'must populate the given metric source only'),
      ),
  ];
}

const memberOf = (type: string): string => `${type.charAt(0).toLowerCase()}${type.slice(1)}`;

function validateSource(type: string, source: Values, field: string): FieldError[] {
  const target = at(source, 'target');
  return [
    ...identity(type, source, field),
    ...validateTarget(target, `${field}.target`),
    ...amounts(type, target, `${field}.target`),
  ];
}

function identity(type: string, source: Values, field: string): FieldError[] {
  const name = textAt(source, 'name');
  const container = textAt(source, 'container');
  switch (type) {
    case 'Resource':
      return name === '' ? [required(`${field}.name`, 'must specify a resource name')] : [];
    case 'ContainerResource':
      return [
        ...(name === ''
          ? [required(`${field}.name`, 'must specify a resource name')]
          : validateContainerResourceName(name, `${field}.name`)),
        ...(container === ''
          ? [required(`${field}.container`, 'must specify a container')]
          : invalidEach(`${field}.container`, container, labelProblems(container))),
      ];
    case 'Object':
      return [
        ...validateReference(at(source, 'describedObject'), `${field}.describedObject`, {
          grouped: false,
        }),
        ...metricName(source, field),
      ];
    default:
      return metricName(source, field);
  }
}

const metricName = (source: Values, field: string): FieldError[] =>
  segment(
    textAt(at(source, 'metric'), 'name'),
    `${field}.metric.name`,
    'must specify a metric name',
  );

function validateTarget(target: Values, field: string): FieldError[] {
  const type = textAt(target, 'type');
  const share = own(target, 'averageUtilization');
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${field}.type`, 'must specify a metric target type'));
  if (!TARGETS.includes(type))
    errors.push(
      invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue'),
    );
  for (const member of ['value', 'averageValue'])
    if (isNotPositive(own(target, member)))
      errors.push(invalidValue(`${field}.${member}`, own(target, member), 'must be positive'));
  if (typeof share === 'number' && share < 1)
    errors.push(invalidValue(`${field}.averageUtilization`, share, 'must be greater than 0'));
  return errors;
}

const isNotPositive = (amount: unknown): boolean =>
  typeof amount === 'string' && (parseQuantity(amount)?.digits ?? 1n) <= 0n;

function amounts(type: string, target: Values, field: string): FieldError[] {
  const has = (member: string): boolean => own(target, member) !== undefined;
  const missing = (member: string, detail: string): FieldError[] => [
    required(`${field}.${member}`, detail),
  ];
  switch (type) {
    case 'Resource':
    case 'ContainerResource':
      if (has('averageUtilization') && has('averageValue'))
        return [
          forbiddenValue(
            `${field}.averageValue`,
            'may not set both a target raw value and a target utilization',
          ),
        ];
      return has('averageUtilization') || has('averageValue')
        ? []
        : missing(
            'averageUtilization',
            'must set either a target raw value or a target utilization',
          );
    case 'Pods':
      return has('averageValue')
        ? []
        : missing('averageValue', 'must specify a positive target averageValue');
    case 'Object':
      return has('value') || has('averageValue')
        ? []
        : missing('averageValue', 'must set either a target value or averageValue');
    default:
      return has('value') || has('averageValue')
        ? []
        : missing('averageValue', 'must set either a target value for metric or a per-pod target');
  }
}

function validateBehavior(behavior: Values): FieldError[] {
  return ['scaleUp', 'scaleDown'].flatMap((name) => {
    const rules = own(behavior, name);
    return isMap(rules) ? validateRules(rules, `spec.behavior.${name}`) : [];
  });
}

function validateRules(rules: Values, field: string): FieldError[] {
  const window = numberAt(rules, 'stabilizationWindowSeconds');
  const place = `${field}.stabilizationWindowSeconds`;
  const choice = own(rules, 'selectPolicy');
  const choices = ['Disabled', 'Max', 'Min'];
  const policies = listOf(own(rules, 'policies')).map(mapOf);
  return [
    ...(window < 0 ? [invalidValue(place, window, 'must be greater than or equal to zero')] : []),
    ...(window > MAX_WINDOW
      ? [invalidValue(place, window, `must be less than or equal to ${MAX_WINDOW}`)]
      : []),
    ...(typeof choice === 'string' && !choices.includes(choice)
      ? [notSupported(`${field}.selectPolicy`, choice, choices)]
      : []),
    ...(policies.length === 0
      ? [required(`${field}.policies`, 'must specify at least one Policy')]
      : []),
    ...policies.flatMap((policy, index) => validatePolicy(policy, `${field}.policies[${index}]`)),
    ...validateTolerance(own(rules, 'tolerance'), `${field}.tolerance`),
  ];
}

function validateTolerance(tolerance: unknown, field: string): FieldError[] {
  if (typeof tolerance !== 'string' && typeof tolerance !== 'number') return [];
  const amount = parseQuantity(tolerance);
  return amount !== undefined && amount.digits < 0n
    ? [invalidValue(field, printQuantity(amount), 'must be greater than or equal to 0')]
    : [];
}

function validatePolicy(policy: Values, field: string): FieldError[] {
  const type = textAt(policy, 'type');
  const period = numberAt(policy, 'periodSeconds');
  const types = ['Percent', 'Pods'];
  return [
    ...(types.includes(type) ? [] : [notSupported(`${field}.type`, type, types)]),
    ...['value', 'periodSeconds']
      .filter((member) => numberAt(policy, member) <= 0)
      .map((member) =>
        invalidValue(`${field}.${member}`, numberAt(policy, member), 'must be greater than zero'),
      ),
    ...(period > MAX_PERIOD
      ? [
          invalidValue(
            `${field}.periodSeconds`,
            period,
            `must be less than or equal to ${MAX_PERIOD}`,
          ),
        ]
      : []),
  ];
}
