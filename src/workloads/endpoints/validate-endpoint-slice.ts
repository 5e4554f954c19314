// Defaults and rules of an EndpointSlice.
import type { EndpointSlice as Slice } from 'kubernetes-types/discovery/v1';
import type { FieldError } from '../../errors.ts';
import { validateEndpointIp } from '../../validation/endpoint-ip.ts';
import {
  duplicate,
  invalidEach,
  invalidValue,
  notSupported,
  oneOf,
  required,
  tooMany,
} from '../../validation/field-errors.ts';
import {
  ipProblems,
  isIpV6,
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../validation/names.ts';
import { validateObjectMeta } from '../../validation/object-meta.ts';
import { repeats } from '../../repeats.ts';

/** As stored: both lists may be null. */
export type EndpointSlice = Omit<Slice, 'ports' | 'endpoints'> & {
  ports?: SlicePort[] | null;
  endpoints?: Endpoint[] | null;
};
export type SlicePort = NonNullable<Slice['ports']>[number];
export type Endpoint = Slice['endpoints'][number];

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_ENDPOINTS = 1_000;

/** Fills in the names and protocols of ports and empty conditions, in Kubernetes' print order; an absent list is null. */
export const defaultEndpointSlice = (slice: EndpointSlice): EndpointSlice => ({
  ...slice,
  endpoints:
    slice.endpoints?.map(({ addresses, conditions = {}, ...rest }) => ({
      addresses,
      conditions,
      ...rest,
    })) ?? null,
  ports:
    slice.ports?.map(({ name = '', protocol = 'TCP', ...rest }) => ({
      name,
      protocol,
      ...rest,
    })) ?? null,
});

/** Problems of a slice, metadata included; `old`: of an update. */
export function validateEndpointSlice(slice: EndpointSlice, old?: EndpointSlice): FieldError[] {
  const { addressType } = slice;
  const changed = old !== undefined && addressType !== old.addressType;
  return [
    ...validateObjectMeta(slice.metadata ?? {}, { namespaced: true, name: 'subdomain' }),
    ...(addressType ? oneOf('addressType', addressType, ADDRESS_TYPES) : [required('addressType')]),
    ...validatePorts(slice.ports ?? []),
    ...validateEndpoints(slice.endpoints ?? [], addressType),
    ...(changed ? [invalidValue('addressType', addressType, 'field is immutable')] : []),
  ];
}

function validatePorts(ports: readonly SlicePort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const second = repeats(ports.map(({ name = '' }) => name));
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const field = `ports[${index}]`;
    return [
      ...(name ? invalidEach(`${field}.name`, name, labelProblems(name)) : []),
      ...(second.has(index) ? [duplicate(`${field}.name`, name)] : []),
      ...(protocol !== undefined && PROTOCOLS.includes(protocol)
        ? []
        : [notSupported(`${field}.protocol`, protocol ?? '', PROTOCOLS)]),
      ...(appProtocol === undefined
        ? []
        : invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameProblems(appProtocol))),
    ];
  });
}

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS)
    return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => {
    const field = `endpoints[${index}]`;
    const { addresses = [], nodeName, hostname } = endpoint;
    return [
      ...(addresses.length === 0
        ? [required(`${field}.addresses`, 'must contain at least 1 address')]
        : addresses.length > MAX_ADDRESSES
          ? [tooMany(`${field}.addresses`, addresses.length, MAX_ADDRESSES)]
          : []),
      ...addresses.flatMap((address, at) =>
        validateAddress(address, addressType, `${field}.addresses[${at}]`),
      ),
      ...(nodeName === undefined
        ? []
        : invalidEach(`${field}.nodeName`, nodeName, subdomainProblems(nodeName))),
      ...(hostname === undefined
        ? []
        : invalidEach(`${field}.hostname`, hostname, labelProblems(hostname))),
      ...validateHints(endpoint, `${field}.hints`),
    ];
  });
}

const MAX_HINTS = 8;

function validateHints({ hints }: Endpoint, field: string): FieldError[] {
  const { forZones = [], forNodes = [] } = (hints ?? {}) as Hints;
  const zone = (name: string): string[] => (name === '' ? [] : labelValueProblems(name));
  return [
    ...hintProblems(forZones, `${field}.forZones`, zone),
    ...hintProblems(forNodes, `${field}.forNodes`, subdomainProblems),
  ];
}

interface Hints {
  forZones?: { name?: string }[];
  forNodes?: { name?: string }[];
}

function hintProblems(
  hints: readonly { name?: string }[],
  field: string,
  problems: (name: string) => string[],
): FieldError[] {
  if (hints.length > MAX_HINTS) return [tooMany(field, hints.length, MAX_HINTS)];
  const second = repeats(hints.map(({ name = '' }) => name));
  return hints.flatMap(({ name = '' }, index) => {
    const own = `${field}[${index}].name`;
    return [
      ...(second.has(index) ? [duplicate(own, name)] : []),
      ...invalidEach(own, name, problems(name)),
    ];
  });
}

function validateAddress(address: string, addressType: string, field: string): FieldError[] {
  if (addressType === 'FQDN')
    return address.includes('.')
      ? invalidEach(field, address, subdomainProblems(address.replace(/\.$/, '')))
      : [
          invalidValue(
            field,
            address,
            'should be a domain with at least two segments separated by dots',
          ),
        ];
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  const malformed = invalidEach(field, address, ipProblems(address));
  if (malformed.length > 0) return malformed;
  return [
    ...(isIpV6(address) === (addressType === 'IPv6')
      ? []
      : [
          invalidValue(field.replace(/\[\d+\]$/, ''), address, `must be an ${addressType} address`),
        ]),
    ...validateEndpointIp(field, address),
  ];
}
