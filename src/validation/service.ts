// Defaults and rules of a Service. Cluster IPs and node ports are given out by the API, after the defaults.
import type { FieldError } from '../errors.ts';
import type { Service } from '../kinds/pod.ts';
import {
  between,
  duplicate,
  forbiddenValue,
  invalidEach,
  invalidValue,
  oneOf,
  required,
} from './field-errors.ts';
import { ipProblems, labelProblems, portNameProblems, subdomainProblems } from './names.ts';
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

type Spec = NonNullable<Service['spec']>;
type Port = NonNullable<Spec['ports']>[number];

const MAX_PORT = 65535;
const AFFINITY_SECONDS = 10800;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

/** The Service with every default that needs no address. */
export function defaultService(service: Service): Service {
  const given: Spec = service.spec ?? {};
  const type = given.type ?? 'ClusterIP';
  const spec: Spec = {
    ...given,
    type,
    sessionAffinity: given.sessionAffinity ?? 'None',
    ...(given.ports && { ports: given.ports.map(defaultPort) }),
    ...(given.sessionAffinity === 'ClientIP' &&
      !given.sessionAffinityConfig && {
        sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } },
      }),
    ...(type !== 'ExternalName' && {
      internalTrafficPolicy: given.internalTrafficPolicy ?? 'Cluster',
      ipFamilies: given.ipFamilies ?? ['IPv4'],
      ipFamilyPolicy: given.ipFamilyPolicy ?? 'SingleStack',
    }),
    ...((type === 'NodePort' || type === 'LoadBalancer') && {
      externalTrafficPolicy: given.externalTrafficPolicy ?? 'Cluster',
    }),
    ...(type === 'LoadBalancer' && {
      allocateLoadBalancerNodePorts: given.allocateLoadBalancerNodePorts ?? true,
    }),
  };
  return { ...service, spec, status: service.status ?? { loadBalancer: {} } };
}

const defaultPort = (port: Port): Port => ({
  ...port,
  protocol: port.protocol ?? 'TCP',
  targetPort: port.targetPort || port.port,
});

/** Problems of a Service at creation, metadata included. */
export function validateService(service: Service): FieldError[] {
  return [
    ...validateObjectMeta(service.metadata ?? {}, { namespaced: true, name: 'label1035' }),
    ...validateSpec(service.spec ?? {}),
  ];
}

function validateSpec(spec: Spec): FieldError[] {
  const headless = spec.clusterIP === 'None';
  const ports = spec.ports ?? [];
  const errors: FieldError[] = [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName')
    errors.push(required('spec.ports'));
  if (spec.type === 'ExternalName') {
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    errors.push(
      ...(name === ''
        ? [required('spec.externalName')]
        : invalidEach('spec.externalName', name, subdomainProblems(name))),
    );
  }
  errors.push(
    ...ports.flatMap((port, index) =>
      validatePort(port, `spec.ports[${index}]`, { many: ports.length > 1 }),
    ),
    ...repeatedPorts(ports),
  );
  errors.push(
    ...validateLabels(spec.selector, 'spec.selector'),
    ...oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']),
    ...oneOf('spec.type', spec.type, TYPES),
  );
  if (spec.clusterIP && !headless)
    errors.push(...invalidEach('spec.clusterIPs[0]', spec.clusterIP, ipProblems(spec.clusterIP)));
  errors.push(
    ...(spec.externalIPs ?? []).flatMap((address, index) =>
      invalidEach(`spec.externalIPs[${index}]`, address, ipProblems(address)),
    ),
  );
  return [...errors, ...nodePorts(spec)];
}

function validatePort(port: Port, field: string, { many }: { many: boolean }): FieldError[] {
  const target = port.targetPort;
  return [
    ...(port.name
      ? invalidEach(`${field}.name`, port.name, labelProblems(port.name))
      : many
        ? [required(`${field}.name`)]
        : []),
    ...between(`${field}.port`, port.port ?? 0, 1, MAX_PORT),
    ...oneOf(`${field}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
    ...(typeof target === 'string'
      ? invalidEach(`${field}.targetPort`, target, portNameProblems(target))
      : between(`${field}.targetPort`, target ?? port.port ?? 0, 1, MAX_PORT)),
  ];
}

function repeatedPorts(ports: readonly Port[]): FieldError[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const number = `${port.protocol}/${port.port}`;
    const errors = port.name && names.has(port.name) ? [duplicate(`${field}.name`, port.name)] : [];
    // Kubernetes shows the pair as a port of its own structure.
    if (numbers.has(number))
      errors.push(
        duplicate(field, {
          Name: '',
          Protocol: port.protocol,
          AppProtocol: null,
          Port: port.port,
          TargetPort: 0,
          NodePort: 0,
        }),
      );
    names.add(port.name ?? '');
    numbers.add(number);
    return errors;
  });
}

function nodePorts(spec: Spec): FieldError[] {
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') return [];
  return (spec.ports ?? []).flatMap(({ nodePort }, index) =>
    nodePort
      ? [
          forbiddenValue(
            `spec.ports[${index}].nodePort`,
            "may not be used when `type` is 'ClusterIP'",
          ),
        ]
      : [],
  );
}

/** Problems of an update, metadata included; a cluster IP stays while the type keeps one. */
export function validateServiceUpdate(next: Service, old: Service): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {});
  const was = old.spec?.clusterIP;
  const now = next.spec?.clusterIP;
  if (
    was &&
    next.spec?.type !== 'ExternalName' &&
    old.spec?.type !== 'ExternalName' &&
    now !== was
  ) {
    if (now)
      errors.push(
        invalidValue(
          'spec.clusterIPs[0]',
          next.spec?.clusterIPs ?? [now],
          'may not change once set',
        ),
      );
    else
      errors.push(
        invalidValue(
          'spec.clusterIPs[0]',
          next.spec?.clusterIPs ?? [],
          'primary clusterIP can not be unset',
        ),
      );
  }
  return [...errors, ...validateService(next)];
}
