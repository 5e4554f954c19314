// Rules of a NetworkPolicy: its selectors, the peers and ports of its rules.
import { BlockList } from 'node:net';
import type { FieldError } from '../errors.ts';
import { isMap, listOf, mapOf, own } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { validateSelector } from '../pod/validation/affinity.ts';
import {
  between,
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../validation/field-errors.ts';
import { canonicalIp, cidrProblems, portNameProblems } from '../validation/names.ts';

type Values = Record<string, unknown>;

const TYPES = ['Ingress', 'Egress'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const MAX_PORT = 65535;

const selector = (holder: Values, name: string, field: string): FieldError[] => {
  const value = own(holder, name);
  return isMap(value) ? validateSelector(value as LabelSelector, `${field}.${name}`) : [];
};

/** Problems of a defaulted spec. */
export function validatePolicySpec(spec: Values): FieldError[] {
  const types = listOf(own(spec, 'policyTypes'));
  return [
    ...selector(spec, 'podSelector', 'spec'),
    ...rules(spec, 'ingress', 'from'),
    ...rules(spec, 'egress', 'to'),
    ...(types.length > TYPES.length
      ? [invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')]
      : types.flatMap((type, index) =>
          typeof type === 'string' && TYPES.includes(type)
            ? []
            : [notSupported(`spec.policyTypes[${index}]`, type, TYPES)],
        )),
  ];
}

const rules = (spec: Values, list: string, peers: string): FieldError[] =>
  listOf(own(spec, list)).flatMap((rule, index) => {
    const field = `spec.${list}[${index}]`;
    return [
      ...listOf(own(mapOf(rule), 'ports')).flatMap((port, at) =>
        validatePort(mapOf(port), `${field}.ports[${at}]`),
      ),
      ...listOf(own(mapOf(rule), peers)).flatMap((peer, at) =>
        validatePeer(mapOf(peer), `${field}.${peers}[${at}]`),
      ),
    ];
  });

function validatePort(values: Values, field: string): FieldError[] {
  const [protocol, port, end] = ['protocol', 'port', 'endPort'].map((name) => own(values, name));
  const errors: FieldError[] = [];
  if (typeof protocol === 'string' && !PROTOCOLS.includes(protocol))
    errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  if (typeof port === 'number') errors.push(...between(`${field}.port`, port, 1, MAX_PORT));
  if (typeof port === 'string')
    errors.push(...invalidEach(`${field}.port`, port, portNameProblems(port)));
  return typeof end === 'number'
    ? [...errors, ...endProblems(end, port, `${field}.endPort`)]
    : errors;
}

function endProblems(end: number, port: unknown, field: string): FieldError[] {
  if (port === undefined)
    return [invalidValue(field, end, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string')
    return [invalidValue(field, end, 'may not be specified when `port` is non-numeric')];
  return [
    ...(typeof port === 'number' && end < port
      ? [invalidValue(field, port, 'must be greater than or equal to `port`')]
      : []),
    ...between(field, end, 1, MAX_PORT),
  ];
}

function validatePeer(peer: Values, field: string): FieldError[] {
  const block = own(peer, 'ipBlock');
  const present = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((name) =>
    isMap(own(peer, name)),
  );
  const problems = [
    ...selector(peer, 'podSelector', field),
    ...selector(peer, 'namespaceSelector', field),
    ...(isMap(block) ? validateBlock(block, `${field}.ipBlock`) : []),
  ];
  if (present.length === 0) return [required(field, 'must specify a peer')];
  return isMap(block) && present.length > 1
    ? [...problems, forbiddenValue(field, 'may not specify both ipBlock and another peer')]
    : problems;
}

function validateBlock(block: Values, field: string): FieldError[] {
  const cidr = own(block, 'cidr');
  if (typeof cidr !== 'string' || cidr === '') return [required(`${field}.cidr`)];
  const wrong = invalidEach(`${field}.cidr`, cidr, cidrProblems(cidr));
  return wrong.length > 0
    ? wrong
    : listOf(own(block, 'except')).flatMap((one, index) =>
        invalidEach(`${field}.except[${index}]`, String(one), exceptProblems(String(one), cidr)),
      );
}

function exceptProblems(range: string, whole: string): string[] {
  const problems = cidrProblems(range);
  if (problems.length > 0) return problems;
  const [inner, outer] = [partsOf(range), partsOf(whole)];
  const list = new BlockList();
  list.addSubnet(outer.address, outer.bits, outer.family);
  return inner.bits > outer.bits &&
    inner.family === outer.family &&
    list.check(inner.address, inner.family)
    ? []
    : ['must be a strict subset of `cidr`'];
}

function partsOf(range: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', bits = ''] = range.split('/');
  return {
    address: canonicalIp(address) ?? address,
    bits: Number(bits),
    family: address.includes(':') ? 'ipv6' : 'ipv4',
  };
}
