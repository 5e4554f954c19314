// Services: addresses and node ports are allocated before validation, kept by updates that omit them, and released.
import { invalid } from '../../errors.ts';
import type { KubeObject, Service } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { defaultService } from '../../workloads/service/default-service.ts';
import type { ServiceSpec } from '../../workloads/service/default-service.ts';
import { inPrintOrder } from '../../workloads/service/print-order.ts';
import { fillFamilies } from '../../workloads/service/families.ts';
import {
  dropUnused,
  keepAllocated,
  validateServiceStatus,
  validateServiceUpdate,
} from '../../workloads/service/update-service.ts';
import { validateService } from '../../workloads/service/validate-service.ts';
import { serviceWarnings } from '../../workloads/service/warnings.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { allocate, allocationRecords } from '../services/allocate.ts';
import { keepStatus, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const NO_ROUTE =
  'spec: endpoints are kept, but nothing in droppod routes to a Service yet; neither its name nor its addresses lead to pods';

const serviceOf = (object: KubeObject): Service => object as Service;
const objectOf = (service: Service): KubeObject => ({
  ...service,
  metadata: service.metadata ?? {},
});

function ports(object: KubeObject): string {
  const list = serviceOf(object).spec?.ports ?? [];
  return (
    list
      .map(
        ({ port, nodePort, protocol }) =>
          `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`,
      )
      .join(',') || '<none>'
  );
}

function externalAddress(object: KubeObject): string {
  const { spec, status } = serviceOf(object);
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  if (spec?.type === 'LoadBalancer')
    return (
      (status?.loadBalancer?.ingress ?? [])
        .map(({ ip, hostname }) => ip ?? hostname ?? '')
        .join(',') || '<pending>'
    );
  return spec?.externalIPs?.join(',') || '<none>';
}

const selector = (object: KubeObject): string =>
  Object.entries(serviceOf(object).spec?.selector ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>';

const specOf = (object: KubeObject): ServiceSpec => serviceOf(object).spec ?? {};

/** Fills in families, address and node ports; 422 for what this cluster cannot provide. */
async function placed(object: KubeObject, call: Call, old?: ServiceSpec): Promise<KubeObject> {
  const { name = '', namespace = '' } = object.metadata;
  const filled = fillFamilies(specOf(object), old);
  if ('errors' in filled) throw invalid('Service', name, filled.errors);
  const spec = await allocate(filled.spec, {
    store: call.ports.store,
    name,
    // Services created at once with one prefix start their search at different places.
    seed: name ? `${namespace}/${name}` : call.ports.ids.uuid(),
    ...present({ old }),
    dryRun: call.query.has('dryRun'),
  });
  return { ...object, spec: inPrintOrder(spec) };
}

function allocateNew(object: KubeObject, call: Call): Promise<KubeObject> {
  const spec = specOf(object);
  const both =
    spec.clusterIP && !spec.clusterIPs?.length ? { ...spec, clusterIPs: [spec.clusterIP] } : spec;
  return placed({ ...object, spec: both }, call);
}

async function prepareForUpdate(
  next: KubeObject,
  old: KubeObject,
  call: Call,
): Promise<KubeObject> {
  const before = specOf(old);
  const kept = dropUnused(keepAllocated(specOf(next), before), before);
  const object = await placed({ ...keepStatus(next, old), spec: kept }, call, before);
  return specOf(object).type === 'LoadBalancer'
    ? object
    : { ...object, status: { ...serviceOf(object).status, loadBalancer: {} } };
}

export const services: Strategy = {
  ...plain,
  fields: {
    own: true,
    fields: {
      'spec.clusterIP': (object) => text(object, 'spec', 'clusterIP'),
      'spec.type': (object) => text(object, 'spec', 'type'),
    },
  },
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Type', fieldDescription('ServiceSpec', 'type')),
      column('Cluster-IP', fieldDescription('ServiceSpec', 'clusterIP')),
      column('External-IP', fieldDescription('ServiceSpec', 'externalIPs')),
      column('Port(s)', fieldDescription('ServiceSpec', 'ports')),
      ageColumn(),
      column('Selector', fieldDescription('ServiceSpec', 'selector'), 1),
    ],
    (object) => [
      object.metadata.name ?? '',
      text(object, 'spec', 'type'),
      text(object, 'spec', 'clusterIP') || '<none>',
      externalAddress(object),
      ports(object),
      age(object),
      selector(object),
    ],
  ),
  defaults: (object) => objectOf(defaultService(serviceOf(object))),
  allocate: allocateNew,
  warnings: (object) => [...serviceWarnings(specOf(object)), NO_ROUTE],
  updateWarnings: (next) => serviceWarnings(specOf(next)),
  prepareForCreate: (object) => ({ ...object, status: { loadBalancer: {} } }),
  validate: (object) => validateService(serviceOf(object)),
  prepareForUpdate,
  validateUpdate: (next, old) => validateServiceUpdate(serviceOf(next), serviceOf(old)),
  createRecords: (object) =>
    allocationRecords(specOf(object), undefined, object.metadata.uid ?? ''),
  updateRecords: (next, old) =>
    allocationRecords(specOf(next), specOf(old), old.metadata.uid ?? ''),
  removalRecords: (object) =>
    Promise.resolve(allocationRecords(undefined, specOf(object), object.metadata.uid ?? '')),
  createOnUpdate: true,
  resetFields: ['status'],
  returnsDeleted: true,
};

/** `/status` of services. */
export const serviceStatus: Strategy = statusOf(services, (next) =>
  validateServiceStatus(serviceOf(next)),
);
