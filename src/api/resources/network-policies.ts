// NetworkPolicies: accepted because charts contain them; they have no effect, and a warning says so.
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap, mapOf, own } from '../../own.ts';
import type { LabelSelector } from '../../pod/placement/selection.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { present } from '../../present.ts';
import { validatePolicySpec } from '../../workloads/network-policy.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { counted, member, plain } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { selectorText } from './template-columns.ts';

const withProtocols = (rule: unknown): unknown =>
  isMap(rule) && Array.isArray(rule['ports'])
    ? {
        ...rule,
        ports: rule['ports'].map((port: unknown) =>
          isMap(port) ? { protocol: 'TCP', ...port } : port,
        ),
      }
    : rule;

function defaultPolicy(object: KubeObject): KubeObject {
  const spec = object['spec'];
  if (!isMap(spec)) return object;
  const rules = (name: string) => {
    const listed = own(spec, name);
    return Array.isArray(listed) ? listed.map(withProtocols) : undefined;
  };
  const egress = rules('egress');
  return {
    ...object,
    spec: {
      ...spec,
      ...present({ ingress: rules('ingress'), egress }),
      policyTypes: spec['policyTypes'] ?? [
        'Ingress',
        ...(egress !== undefined && egress.length > 0 ? ['Egress'] : []),
      ],
    },
  };
}

/** The main endpoint. */
export const networkPolicies: Strategy = {
  ...plain,
  ...counted,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Pod-Selector', 'Selects the pods to which this NetworkPolicy applies'),
      ageColumn(),
    ],
    (object): Cell[] => {
      const selector = member(object, 'spec', 'podSelector');
      return [
        object.metadata.name ?? '',
        selectorText(isMap(selector) ? (selector as LabelSelector) : undefined),
        age(object),
      ];
    },
  ),
  defaults: defaultPolicy,
  validate: (object, call) => [
    ...plain.validate(object, call),
    ...validatePolicySpec(mapOf(object['spec'])),
  ],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...validatePolicySpec(mapOf(next['spec'])),
  ],
  warnings: () => [
    'spec: stored, but nothing in droppod enforces a NetworkPolicy; pods reach one another as before',
  ],
};
