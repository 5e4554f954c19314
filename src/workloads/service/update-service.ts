// What an update of a Service keeps, drops and refuses. Its type decides which members exist: those that the new type cannot have are
// dropped if the client left them unchanged.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import type { Service } from '../../kinds/pod.ts';
import { forbiddenValue, invalidValue } from '../../validation/field-errors.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { present } from '../../present.ts';
import { isExternal, isHeadless, needsHealthPort, needsNodePorts } from './default-service.ts';
import type { ServicePort, ServiceSpec } from './default-service.ts';
import { validateServiceSpec } from './validate-service.ts';

const hasAddress = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';

/** The spec without the members named. */
function without<K extends keyof ServiceSpec>(spec: ServiceSpec, ...names: K[]): ServiceSpec {
  const kept = { ...spec };
  for (const name of names) delete kept[name];
  return kept;
}

/** The new spec with the addresses and node ports of the old one where the client left them out. */
export function keepAllocated(next: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let spec = next;
  if (hasAddress(old) && hasAddress(next)) {
    const clusterIP = next.clusterIP || old.clusterIP;
    const clusterIPs = next.clusterIPs?.length ? next.clusterIPs : old.clusterIPs;
    // A client that only knows the single field and changes it means both.
    const renamed = clusterIP !== old.clusterIP && isDeepStrictEqual(clusterIPs, old.clusterIPs);
    spec = {
      ...next,
      ...present({ clusterIP: clusterIP || undefined }),
      ...(clusterIPs && { clusterIPs: renamed && clusterIP ? [clusterIP] : clusterIPs }),
    };
  } else if (spec.clusterIP && !spec.clusterIPs?.length)
    spec = { ...spec, clusterIPs: [spec.clusterIP] };
  if (needsNodePorts(old) && needsNodePorts(spec) && spec.ports)
    spec = { ...spec, ports: keepNodePorts(spec.ports, old.ports ?? []) };
  if (needsHealthPort(old) && needsHealthPort(spec) && old.healthCheckNodePort)
    spec = { ...spec, healthCheckNodePort: spec.healthCheckNodePort || old.healthCheckNodePort };
  return spec;
}

/** A port without a node port keeps that of the old port of its name, unless another port has it now. */
function keepNodePorts(ports: ServicePort[], old: readonly ServicePort[]): ServicePort[] {
  const sent = new Set(ports.map(({ nodePort }) => nodePort));
  return ports.map((port) => {
    const before = old.findLast(({ name = '' }) => name === (port.name ?? ''))?.nodePort;
    return port.nodePort || !before || sent.has(before) ? port : { ...port, nodePort: before };
  });
}

/** The new spec without what its type cannot have and the client left unchanged. */
export function dropUnused(next: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const same = (name: keyof ServiceSpec): boolean => isDeepStrictEqual(next[name], old[name]);
  let spec = next;
  if (hasAddress(old) && !hasAddress(next)) {
    if (same('clusterIP') && same('clusterIPs')) spec = without(spec, 'clusterIP', 'clusterIPs');
    if (same('ipFamilies')) spec = without(spec, 'ipFamilies');
    if (same('ipFamilyPolicy')) spec = without(spec, 'ipFamilyPolicy');
  }
  const held = new Set((old.ports ?? []).map(({ nodePort }) => nodePort ?? 0));
  const ports = next.ports ?? [];
  if (
    needsNodePorts(old) &&
    !needsNodePorts(next) &&
    ports.every(({ nodePort }) => held.has(nodePort ?? 0) || !nodePort)
  )
    spec = { ...spec, ...(spec.ports && { ports: ports.map(({ nodePort: _, ...port }) => port) }) };
  if (needsHealthPort(old) && !needsHealthPort(next) && same('healthCheckNodePort'))
    spec = without(spec, 'healthCheckNodePort');
  if (old.type === 'LoadBalancer' && next.type !== 'LoadBalancer') {
    if (same('allocateLoadBalancerNodePorts'))
      spec = without(spec, 'allocateLoadBalancerNodePorts');
    if (same('loadBalancerClass')) spec = without(spec, 'loadBalancerClass');
  }
  if (isExternal(old) && !isExternal(next) && same('externalTrafficPolicy'))
    spec = without(spec, 'externalTrafficPolicy');
  return spec;
}

/** Problems of an update, including metadata. */
export function validateServiceUpdate(next: Service, old: Service): FieldError[] {
  const now = next.spec ?? {};
  const was = old.spec ?? {};
  const errors = validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {});
  if (hasAddress(now) && hasAddress(was))
    errors.push(...fixedAddresses(now, was), ...fixedFamilies(now, was));
  if (
    now.type === 'LoadBalancer' &&
    was.type === 'LoadBalancer' &&
    now.loadBalancerClass !== was.loadBalancerClass
  )
    errors.push(
      invalidValue(
        'spec.loadBalancerClass',
        now.loadBalancerClass ?? null,
        'may not change once set',
      ),
    );
  if (
    needsHealthPort(now) &&
    needsHealthPort(was) &&
    now.healthCheckNodePort !== was.healthCheckNodePort
  )
    errors.push(forbiddenValue('spec.healthCheckNodePort', 'field is immutable'));
  return [...errors, ...validateServiceSpec(now)];
}

function fixedAddresses(now: ServiceSpec, was: ServiceSpec): FieldError[] {
  const field = 'spec.clusterIPs[0]';
  const { clusterIPs = [] } = now;
  const before = was.clusterIPs ?? [];
  if ((isHeadless(now) && isHeadless(was)) || before.length === 0) return [];
  if (clusterIPs.length === 0)
    return [invalidValue(field, [], 'primary clusterIP can not be unset')];
  return clusterIPs[0] === before[0]
    ? []
    : [invalidValue(field, clusterIPs, 'may not change once set')];
}

function fixedFamilies(now: ServiceSpec, was: ServiceSpec): FieldError[] {
  if (isHeadless(now) || isHeadless(was)) return [];
  const [before] = was.ipFamilies ?? [];
  const [after] = now.ipFamilies ?? [];
  return before === undefined || after === before
    ? []
    : [invalidValue('spec.ipFamilies[0]', now.ipFamilies ?? [], 'may not change once set')];
}

/** Problems of a written status: only a load balancer has addresses. */
export function validateServiceStatus(next: Service): FieldError[] {
  const field = 'status.loadBalancer.ingress';
  const ingress = next.status?.loadBalancer?.ingress ?? [];
  return ingress.length > 0 && next.spec?.type !== 'LoadBalancer'
    ? [forbiddenValue(field, "may only be used when `spec.type` is 'LoadBalancer'")]
    : [];
}
