// The rules of a Service's spec, in kube-apiserver's order.
import type { FieldError } from '../../errors.ts';
import type { Service } from '../../kinds/pod.ts';
import { validateEndpointIp } from '../../validation/endpoint-ip.ts';
import {
  between,
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import {
  cidrProblems,
  ipProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../validation/names.ts';
import { validateLabels, validateObjectMeta } from '../../validation/object-meta.ts';
import { isExternal, isHeadless, needsHealthPort } from './default-service.ts';
import type { ServiceSpec } from './default-service.ts';
import { validateFamilies } from './families.ts';
import { repeatedNodePorts, repeatedPorts, validatePorts } from './validate-ports.ts';

const MAX_PORT = 65_535;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const MAX_AFFINITY_SECONDS = 86_400;
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const ONLY_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** Problems of a Service at creation, metadata included. */
export const validateService = (service: Service): FieldError[] => [
  ...validateObjectMeta(service.metadata ?? {}, { namespaced: true, name: 'label1035' }),
  ...validateServiceSpec(service.spec ?? {}),
];

/** Problems of the spec. */
export function validateServiceSpec(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const missing = ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName';
  return [
    ...(missing ? [required('spec.ports')] : []),
    ...ofType(spec),
    ...validatePorts(ports),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateFamilies(spec),
    ...(spec.externalIPs ?? []).flatMap((address, index) => {
      const field = `spec.externalIPs[${index}]`;
      const malformed = invalidEach(field, address, ipProblems(address));
      return malformed.length > 0 ? malformed : validateEndpointIp(field, address);
    }),
    ...oneOf('spec.type', spec.type, TYPES),
    ...(spec.type === 'ClusterIP' ? unusedNodePorts(spec) : []),
    ...repeatedNodePorts(ports),
    ...repeatedPorts(ports),
    ...ofBalancer(spec),
    ...ofTraffic(spec),
  ];
}

function ofType(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort')
    return isHeadless(spec)
      ? [
          invalidValue(
            'spec.clusterIPs[0]',
            'None',
            `may not be set to 'None' for ${spec.type} services`,
          ),
        ]
      : [];
  if (spec.type !== 'ExternalName') return [];
  const refuse = (field: string): FieldError =>
    forbiddenValue(field, 'may not be set for ExternalName services');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return [
    ...((spec.clusterIPs ?? []).length > 0 ? [refuse('spec.clusterIPs')] : []),
    ...((spec.ipFamilies ?? []).length > 0 ? [refuse('spec.ipFamilies')] : []),
    ...(spec.ipFamilyPolicy !== undefined ? [refuse('spec.ipFamilyPolicy')] : []),
    ...(name === ''
      ? [required('spec.externalName')]
      : invalidEach('spec.externalName', name, subdomainProblems(name))),
  ];
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): FieldError[] {
  const place = 'spec.sessionAffinityConfig';
  const errors = oneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']);
  if (sessionAffinity === 'None' && sessionAffinityConfig)
    errors.push(forbiddenValue(place, 'must not be set when session affinity is None'));
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 0;
  if (sessionAffinity === 'ClientIP' && (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS))
    errors.push(
      invalidValue(
        `${place}.clientIP.timeoutSeconds`,
        seconds,
        `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
      ),
    );
  return errors;
}

const unusedNodePorts = ({ ports = [] }: ServiceSpec): FieldError[] =>
  ports.flatMap(({ nodePort }, index) =>
    nodePort
      ? [
          forbiddenValue(
            `spec.ports[${index}].nodePort`,
            "may not be used when `type` is 'ClusterIP'",
          ),
        ]
      : [],
  );

function ofBalancer(spec: ServiceSpec): FieldError[] {
  const balanced = spec.type === 'LoadBalancer';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  // Kubernetes writes this field's name with a capital.
  const place = 'spec.LoadBalancerSourceRanges';
  const errors = ranges.flatMap((range, index) =>
    invalidEach(`${place}[${index}]`, range.trim(), cidrProblems(range.trim())),
  );
  if (ranges.length > 0 && !balanced) errors.unshift(forbiddenValue(place, ONLY_BALANCER));
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced)
    errors.push(forbiddenValue('spec.allocateLoadBalancerNodePorts', ONLY_BALANCER));
  const kind = spec.loadBalancerClass;
  if (kind !== undefined)
    errors.push(
      ...(balanced
        ? invalidEach('spec.loadBalancerClass', kind, qualifiedNameProblems(kind))
        : [forbiddenValue('spec.loadBalancerClass', ONLY_BALANCER)]),
    );
  return errors;
}

function ofTraffic(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort: health = 0 } = spec;
  const errors: FieldError[] = [];
  if (isExternal(spec))
    errors.push(...oneOf('spec.externalTrafficPolicy', policy, ['Cluster', 'Local']));
  else if (policy)
    errors.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        policy,
        'may only be set for externally-accessible services',
      ),
    );
  if (needsHealthPort(spec))
    errors.push(
      ...(health === 0
        ? [required('spec.healthCheckNodePort')]
        : between('spec.healthCheckNodePort', health, 1, MAX_PORT)),
    );
  else if (health !== 0)
    errors.push(
      invalidValue(
        'spec.healthCheckNodePort',
        health,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  if (spec.internalTrafficPolicy !== undefined)
    errors.push(
      ...oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']),
    );
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && !DISTRIBUTIONS.includes(distribution))
    errors.push(notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS));
  return errors;
}
