// Address families of a Service in a cluster with only IPv4.
import type { FieldError } from '../../errors.ts';
import {
  duplicate,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { ipProblems, isIpV6 } from '../../validation/names.ts';
import { isHeadless } from './default-service.ts';
import type { ServiceSpec } from './default-service.ts';
import { repeats } from '../../repeats.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

const familyOf = (address: string): string => (isIpV6(address) ? 'IPv6' : 'IPv4');

/** Problems of `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` as sent. */
export function validateFamilies(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const field = 'spec.clusterIPs';
  const errors: FieldError[] = [];
  if (clusterIP === '' && clusterIPs.length > 0)
    errors.push(invalidValue(field, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  else if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required(field));
  else if (clusterIP !== '' && clusterIPs[0] !== clusterIP)
    errors.push(invalidValue(field, clusterIPs, 'first value must match `clusterIP`'));
  const second = repeats(ipFamilies);
  for (const [index, family] of ipFamilies.entries()) {
    const place = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) errors.push(notSupported(place, family, FAMILIES));
    if (second.has(index)) errors.push(duplicate(place, family));
  }
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy))
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, POLICIES));
  return [...errors, ...validateAddresses(spec, clusterIPs, ipFamilies)];
}

function validateAddresses(
  spec: ServiceSpec,
  clusterIPs: readonly string[],
  ipFamilies: readonly string[],
): FieldError[] {
  const field = 'spec.clusterIPs';
  const errors: FieldError[] = [];
  for (const [index, address] of clusterIPs.entries()) {
    if (index > 0 || address !== 'None')
      errors.push(...invalidEach(`${field}[${index}]`, address, ipProblems(address)));
    else if (clusterIPs.length > 1)
      errors.push(invalidValue(field, clusterIPs, "'None' must be the first and only value"));
  }
  const malformed = errors.length > 0;
  if (clusterIPs.length > 2)
    errors.push(invalidValue(field, clusterIPs, 'may only hold up to 2 values'));
  if (malformed) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size < clusterIPs.length)
    errors.push(
      invalidValue(field, clusterIPs, 'may specify no more than one IP for each IP family'),
    );
  if (isHeadless(spec)) return errors;
  for (const [index, address] of clusterIPs.entries()) {
    const family = ipFamilies[index];
    if (family !== undefined && FAMILIES.includes(family) && familyOf(address) !== family)
      errors.push(
        invalidValue(
          `${field}[${index}]`,
          address,
          `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
        ),
      );
  }
  return errors;
}

/** The spec with families and policy filled in, or why this cluster cannot serve it. `old` is the stored spec of an update. */
export function fillFamilies(
  sent: ServiceSpec,
  old?: ServiceSpec,
): { spec: ServiceSpec } | { errors: FieldError[] } {
  if (sent.type === 'ExternalName') return { spec: sent };
  const anyTarget = sent.clusterIP === 'None' && Object.keys(sent.selector ?? {}).length === 0;
  const policy =
    sent.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? (anyTarget ? 'RequireDualStack' : 'SingleStack');
  const asked = { ...sent, ipFamilyPolicy: policy };
  const malformed = validateFamilies(asked);
  if (malformed.length > 0) return { errors: malformed };
  const spec = old === undefined || policy !== 'SingleStack' ? asked : singleOf(asked, old);
  const contradictions = contradictionsOf(spec, policy, old);
  if (contradictions.length > 0) return { errors: contradictions };
  const families = spec.ipFamilies?.length ? spec.ipFamilies : ['IPv4'];
  if (anyTarget) {
    const both = families.length < 2 && policy !== 'SingleStack';
    const other = families[0] === 'IPv4' ? 'IPv6' : 'IPv4';
    return { spec: { ...spec, ipFamilies: both ? [...families, other] : families } };
  }
  const unserved = unservedOf(families, policy);
  return unserved.length > 0 ? { errors: unserved } : { spec: { ...spec, ipFamilies: families } };
}

/** Keeps only the first of two families when an update asks for a single stack and changes nothing else. */
function singleOf(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const same = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
    a.length === b.length && a.every((value, index) => value === b[index]);
  return {
    ...spec,
    ...(spec.clusterIPs && same(spec.clusterIPs, old.clusterIPs)
      ? { clusterIPs: spec.clusterIPs.slice(0, 1) }
      : {}),
    ...(spec.ipFamilies && same(spec.ipFamilies, old.ipFamilies)
      ? { ipFamilies: spec.ipFamilies.slice(0, 1) }
      : {}),
  };
}

function contradictionsOf(spec: ServiceSpec, policy: string, old?: ServiceSpec): FieldError[] {
  const place = 'spec.ipFamilyPolicy';
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  const refuse = (detail: string): void => void errors.push(invalidValue(place, policy, detail));
  if (policy === 'SingleStack') {
    const both = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    if (clusterIPs.length === 2) refuse(`${both} cluster IPs are specified`);
    if (ipFamilies.length === 2) refuse(`${both} IP families are specified`);
  } else if (old?.ipFamilies?.length === 2 && ipFamilies.length === 1)
    refuse("must be 'SingleStack' to release the secondary IP family");
  for (const [index, address] of clusterIPs.entries())
    if (address !== 'None' && index >= ipFamilies.length && familyOf(address) === 'IPv6')
      errors.push(
        invalidValue(
          `spec.clusterIPs[${index}]`,
          clusterIPs,
          'IPv6 is not configured on this cluster',
        ),
      );
  return errors;
}

function unservedOf(families: readonly string[], policy: string): FieldError[] {
  const errors: FieldError[] = [];
  if (policy === 'RequireDualStack')
    errors.push(
      invalidValue(
        'spec.ipFamilyPolicy',
        policy,
        'this cluster is not configured for dual-stack services',
      ),
    );
  for (const [index, family] of families.entries())
    if (family !== 'IPv4')
      errors.push(
        invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'),
      );
  return errors;
}
