// The metrics of an autoscaler in the two forms that Kubernetes has for them: autoscaling/v2's, and the one of v1's annotations.
import { isMap, own } from '../../own.ts';
import { present } from '../../present.ts';

type Values = Record<string, unknown>;

/** By type: the member that holds the metric, and what v1 calls the parts of its target and its current value. */
interface Names {
  member: string;
  /** v2's `target.<name>` -> v1's name. */
  target: Record<string, string>;
  /** v2's `current.<name>` -> v1's name. */
  current: Record<string, string>;
  /** v1's name of the selector of the metric; undefined: the metric is a resource's, and has a name alone. */
  selector?: string;
}

const OF_RESOURCE = {
  target: {
    averageUtilization: 'targetAverageUtilization',
    averageValue: 'targetAverageValue',
  },
  current: {
    averageUtilization: 'currentAverageUtilization',
    averageValue: 'currentAverageValue',
  },
};

const NAMES: Record<string, Names> = {
  Resource: { member: 'resource', ...OF_RESOURCE },
  ContainerResource: { member: 'containerResource', ...OF_RESOURCE },
  Pods: {
    member: 'pods',
    target: { averageValue: 'targetAverageValue' },
    current: { averageValue: 'currentAverageValue' },
    selector: 'selector',
  },
  Object: {
    member: 'object',
    target: { value: 'targetValue', averageValue: 'averageValue' },
    current: { value: 'currentValue', averageValue: 'averageValue' },
    selector: 'selector',
  },
  External: {
    member: 'external',
    target: { value: 'targetValue', averageValue: 'targetAverageValue' },
    current: { value: 'currentValue', averageValue: 'currentAverageValue' },
    selector: 'metricSelector',
  },
};

const mapAt = (object: Values, name: string): Values => {
  const value = own(object, name);
  return isMap(value) ? value : {};
};

const renamed = (values: Values, names: readonly [string, string][]): Values =>
  Object.fromEntries(
    names.flatMap(([from, to]) => {
      const value = own(values, from);
      return value === undefined ? [] : [[to, value]];
    }),
  );

const backwards = (names: Record<string, string>): [string, string][] =>
  Object.entries(names).map(([to, from]) => [from, to]);

function former(metric: unknown, part: 'target' | 'current'): unknown {
  const type = isMap(metric) ? metric['type'] : undefined;
  const names = typeof type === 'string' ? own(NAMES, type) : undefined;
  if (!isMap(metric) || names === undefined) return metric;
  const source = mapAt(metric, names.member);
  const { name, selector } = mapAt(source, 'metric');
  const values = renamed(mapAt(source, part), Object.entries(names[part]));
  const identity =
    names.selector === undefined
      ? present({ name: source['name'], container: source['container'] })
      : {
          ...present({ target: source['describedObject'], metricName: name }),
          ...present({ [names.selector]: selector }),
        };
  // Go prints the targets of these metrics whether they are there or not.
  const zeros =
    type === 'Object'
      ? { [part === 'target' ? 'targetValue' : 'currentValue']: '0' }
      : type === 'External' && part === 'current'
        ? { currentValue: '0' }
        : {};
  return { type, [names.member]: { ...identity, ...zeros, ...values } };
}

function latter(metric: unknown, part: 'target' | 'current'): unknown {
  const type = isMap(metric) ? metric['type'] : undefined;
  const names = typeof type === 'string' ? own(NAMES, type) : undefined;
  if (!isMap(metric) || names === undefined) return metric;
  const source = mapAt(metric, names.member);
  const isZero = (value: unknown): boolean => value === '0' || value === 0;
  const values = Object.fromEntries(
    Object.entries(renamed(source, backwards(names[part]))).filter(
      ([name, value]) => name !== 'value' || !isZero(value) || source['averageValue'] === undefined,
    ),
  );
  const type2 =
    'averageUtilization' in values
      ? 'Utilization'
      : 'averageValue' in values
        ? 'AverageValue'
        : 'Value';
  const measured = { [part]: part === 'target' ? { type: type2, ...values } : values };
  if (names.selector === undefined)
    return {
      type,
      [names.member]: {
        ...present({ name: source['name'], container: source['container'] }),
        ...measured,
      },
    };
  return {
    type,
    [names.member]: {
      ...present({ describedObject: source['target'] }),
      metric: present({ name: source['metricName'], selector: own(source, names.selector) }),
      ...measured,
    },
  };
}

/** A metric of v2's spec as v1's annotation holds it. */
export const formerMetric = (metric: unknown): unknown => former(metric, 'target');
/** A metric of v1's annotation as v2's spec holds it. */
export const latterMetric = (metric: unknown): unknown => latter(metric, 'target');
/** A metric of v2's status as v1's annotation holds it. */
export const formerStatus = (metric: unknown): unknown => former(metric, 'current');
/** A metric of v1's annotation as v2's status holds it. */
export const latterStatus = (metric: unknown): unknown => latter(metric, 'current');
