// Endpoints and EndpointSlices, written by users and controllers.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import {
  defaultEndpoints,
  validateEndpoints,
} from '../../workloads/endpoints/validate-endpoints.ts';
import type { Endpoints } from '../../workloads/endpoints/validate-endpoints.ts';
import {
  defaultEndpointSlice,
  validateEndpointSlice,
} from '../../workloads/endpoints/validate-endpoint-slice.ts';
import type { EndpointSlice } from '../../workloads/endpoints/validate-endpoint-slice.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const SHOWN = 3;
const DISCOVERY = 'io.k8s.api.discovery.v1.EndpointSlice';

const endpointsOf = (object: KubeObject): Endpoints => object as Endpoints;
const sliceOf = (object: KubeObject): EndpointSlice => object as unknown as EndpointSlice;

function addresses(object: KubeObject): string {
  const subsets = endpointsOf(object).subsets ?? [];
  const found = subsets.flatMap(({ addresses: ready = [], ports = [] }) =>
    ports.length === 0
      ? ready.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => ready.map(({ ip }) => joined(ip, port))),
  );
  if (found.length === 0) return '<none>';
  return found.length > SHOWN
    ? `${found.slice(0, SHOWN).join(',')} + ${found.length - SHOWN} more...`
    : found.join(',');
}

const joined = (ip: string, port: number): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;

/** Written by controllers and users; clients that still read them get a warning. */
export const endpoints: Strategy = {
  ...plain,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  createOnUpdate: true,
  defaults: (object) => defaultEndpoints(endpointsOf(object)) as KubeObject,
  validate: (object) => validateEndpoints(endpointsOf(object)),
  validateUpdate: (next, old) => [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...(isDeepStrictEqual(next['subsets'], old['subsets'])
      ? []
      : validateEndpoints(endpointsOf(next))),
  ],
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Endpoints', fieldDescription('Endpoints', 'subsets')),
      ageColumn(),
    ],
    (object) => [object.metadata.name ?? '', addresses(object), age(object)],
  ),
};

function cut(values: string[], none: string): string {
  if (values.length === 0) return none;
  const more = values.length > SHOWN ? ` + ${values.length - SHOWN} more...` : '';
  return values.slice(0, SHOWN).join(',') + more;
}

export const endpointSlices: Strategy = {
  ...plain,
  generation: true,
  counted: ({ metadata, apiVersion: _version, kind: _kind, ...rest }) => [
    rest,
    metadata.labels ?? {},
  ],
  defaults: (object) => defaultEndpointSlice(sliceOf(object)) as unknown as KubeObject,
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
  }),
  validate: (object) => validateEndpointSlice(sliceOf(object)),
  validateUpdate: (next, old) => [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...validateEndpointSlice(sliceOf(next), sliceOf(old)),
  ],
  warnings: (object) =>
    sliceOf(object).addressType === 'FQDN'
      ? ['spec.addressType: FQDN endpoints are deprecated']
      : [],
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('AddressType', fieldDescription(DISCOVERY, 'addressType')),
      column('Ports', fieldDescription(DISCOVERY, 'ports')),
      column('Endpoints', fieldDescription(DISCOVERY, 'endpoints')),
      ageColumn(),
    ],
    (object) => [
      object.metadata.name ?? '',
      text(object, 'addressType'),
      cut(
        (sliceOf(object).ports ?? []).map(({ port, name }) => String(port ?? name)),
        '<unset>',
      ),
      cut(
        (sliceOf(object).endpoints ?? []).flatMap((endpoint) => endpoint.addresses),
        '<unset>',
      ),
      age(object),
    ],
  ),
};
