// HorizontalPodAutoscaler's two versions: v2 is stored, and v1 is another form of it. What v1 has no field for is an annotation there.
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap, listOf, mapOf, own } from '../../own.ts';
import { present } from '../../present.ts';
import { formerMetric, formerStatus, latterMetric, latterStatus } from './metric-forms.ts';

type Values = Record<string, unknown>;

const PREFIX = 'autoscaling.alpha.kubernetes.io';
const METRICS = `${PREFIX}/metrics`;
const BEHAVIOR = `${PREFIX}/behavior`;
const CURRENT_METRICS = `${PREFIX}/current-metrics`;
const CONDITIONS = `${PREFIX}/conditions`;
const CARRIERS = [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS];

/** What is scaled by where nothing is said: 80 % of the processor that pods ask for. */
export const CPU = cpuMetric(80);

function cpuMetric(averageUtilization: unknown): Values {
  return {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  };
}

const mapAt = (object: Values, name: string): Values => mapOf(own(object, name));

const listAt = (object: Values, name: string): unknown[] => listOf(own(object, name));

const isCpu = (metric: unknown): metric is Values =>
  isMap(metric) && metric['type'] === 'Resource' && mapAt(metric, 'resource')['name'] === 'cpu';

/** The share of a processor that a metric aims at (`target`) or has (`current`). */
const shareOf = (metric: unknown, name: 'target' | 'current'): unknown =>
  isCpu(metric) ? mapAt(mapAt(metric, 'resource'), name)['averageUtilization'] : undefined;

function withoutCarriers(annotations: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => !CARRIERS.includes(name)),
  );
}

function withAnnotations(object: KubeObject, annotations: Record<string, string>): KubeObject {
  const { annotations: _all, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...present({
        annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
      }),
    },
  };
}

/** The stored form as v1 shows it. */
export function toFirstVersion(object: KubeObject): KubeObject {
  const { metrics: _metrics, behavior, ...spec } = mapAt(object, 'spec');
  const { currentMetrics: _current, conditions: _conditions, ...status } = mapAt(object, 'status');
  const metrics = listAt(mapAt(object, 'spec'), 'metrics');
  const current = listAt(mapAt(object, 'status'), 'currentMetrics');
  const conditions = listAt(mapAt(object, 'status'), 'conditions');
  const others = metrics.filter((metric) => shareOf(metric, 'target') === undefined);
  const carried = (name: string, list: unknown[]): Record<string, string> =>
    list.length > 0 ? { [name]: JSON.stringify(list) } : {};
  const shown = withAnnotations(object, {
    ...withoutCarriers(object.metadata.annotations),
    ...carried(METRICS, others.map(formerMetric)),
    ...present({ [BEHAVIOR]: behavior === undefined ? undefined : JSON.stringify(behavior) }),
    ...carried(CURRENT_METRICS, current.map(formerStatus)),
    ...carried(CONDITIONS, conditions),
  });
  return {
    ...shown,
    spec: {
      ...spec,
      ...present({ targetCPUUtilizationPercentage: shareOf(metrics.find(isCpu), 'target') }),
    },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...status,
      ...present({ currentCPUUtilizationPercentage: shareOf(current.findLast(isCpu), 'current') }),
    },
  };
}

/** An annotation's value; undefined where it holds no such JSON: Kubernetes passes over it as well. */
function carriedValue<T>(
  { metadata }: KubeObject,
  name: string,
  is: (value: unknown) => value is T,
): T | undefined {
  const text = own(metadata.annotations ?? {}, name);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return is(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isFilledList = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.length > 0;

/** The stored form of an object of v1. */
export function fromFirstVersion(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = mapAt(object, 'spec');
  const { currentCPUUtilizationPercentage: share, ...status } = mapAt(object, 'status');
  const metrics = [
    ...(carriedValue(object, METRICS, isFilledList) ?? []).map(latterMetric),
    ...(target === undefined ? [] : [cpuMetric(target)]),
  ];
  const behavior = carriedValue(object, BEHAVIOR, isMap);
  const conditions = carriedValue(object, CONDITIONS, isFilledList);
  const current =
    carriedValue(object, CURRENT_METRICS, isFilledList)?.map(latterStatus) ??
    (share === undefined
      ? null
      : [
          {
            type: 'Resource',
            resource: { name: 'cpu', current: { averageUtilization: share } },
          },
        ]);
  return {
    ...withAnnotations(object, withoutCarriers(object.metadata.annotations)),
    spec: {
      ...spec,
      metrics: metrics.length > 0 ? metrics : [CPU],
      ...present({ behavior }),
    },
    status: { ...status, currentMetrics: current, ...present({ conditions }) },
  };
}
