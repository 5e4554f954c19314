// Defaults and rules of Endpoints.
import type { Endpoints as CoreEndpoints } from 'kubernetes-types/core/v1';
import type { FieldError } from '../../errors.ts';
import { present } from '../../present.ts';
import { validateEndpointIp } from '../../validation/endpoint-ip.ts';
import { between, invalidEach, oneOf, required } from '../../validation/field-errors.ts';
import {
  ipProblems,
  labelProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../validation/names.ts';
import { validateObjectMeta } from '../../validation/object-meta.ts';

export type Endpoints = CoreEndpoints;
export type Subset = NonNullable<Endpoints['subsets']>[number];
export type EndpointAddress = NonNullable<Subset['addresses']>[number];
type Port = NonNullable<Subset['ports']>[number];

const MAX_PORT = 65_535;

/** Fills in protocols, with the members in Kubernetes' print order. */
export function defaultEndpoints(endpoints: Endpoints): Endpoints {
  if (endpoints.subsets === undefined) return endpoints;
  const subsets = endpoints.subsets.map((subset) => ({
    ...subset,
    ...(subset.ports && {
      ports: subset.ports.map(({ name, port, protocol, ...rest }) => ({
        ...present({ name }),
        port,
        protocol: protocol || 'TCP',
        ...rest,
      })),
    }),
  }));
  return { ...endpoints, subsets };
}

/** Problems of Endpoints, metadata included. */
export const validateEndpoints = ({ metadata, subsets = [] }: Endpoints): FieldError[] => [
  ...validateObjectMeta(metadata ?? {}, { namespaced: true, name: 'subdomain' }),
  ...subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
];

function validateSubset(subset: Subset, field: string): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const none = addresses.length === 0 && notReadyAddresses.length === 0;
  return [
    ...(none ? [required(field, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...addresses.flatMap((address, index) =>
      validateAddress(address, `${field}.addresses[${index}]`),
    ),
    ...notReadyAddresses.flatMap((address, index) =>
      validateAddress(address, `${field}.notReadyAddresses[${index}]`),
    ),
    ...ports.flatMap((port, index) =>
      validatePort(port, `${field}.ports[${index}]`, { named: ports.length > 1 }),
    ),
  ];
}

/** A request body may lack what the type requires. */
function validateAddress(
  { ip = '', hostname, nodeName }: Partial<EndpointAddress>,
  field: string,
): FieldError[] {
  const malformed = invalidEach(`${field}.ip`, ip, ipProblems(ip));
  return [
    ...malformed,
    ...(hostname ? invalidEach(`${field}.hostname`, hostname, labelProblems(hostname)) : []),
    ...(nodeName === undefined
      ? []
      : invalidEach(`${field}.nodeName`, nodeName, subdomainProblems(nodeName))),
    ...(malformed.length > 0 ? [] : validateEndpointIp(`${field}.ip`, ip)),
  ];
}

const validatePort = (port: Port, field: string, { named }: { named: boolean }): FieldError[] => [
  ...(port.name
    ? invalidEach(`${field}.name`, port.name, labelProblems(port.name))
    : named
      ? [required(`${field}.name`)]
      : []),
  ...between(`${field}.port`, port.port, 1, MAX_PORT),
  ...oneOf(`${field}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
  ...(port.appProtocol === undefined
    ? []
    : invalidEach(
        `${field}.appProtocol`,
        port.appProtocol,
        qualifiedNameProblems(port.appProtocol),
      )),
];
