// The objects that every cluster has from the start.
import { bootstrapRights } from './bootstrap-rights.ts';
import { apiNode } from './node.ts';
import type { ApiPorts } from './call.ts';
import { ENGINE_PROVISIONER } from '../workloads/storage/storage-class.ts';
import { isIp, isIpV6 } from '../validation/names.ts';
import { ensureObject, fillNamespace, mendObject } from './namespaces/fill-namespace.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Creates what every cluster has: namespaces, the API's Service, the node, priority classes and default roles. Called at every start. */
export async function bootstrapObjects(ports: ApiPorts): Promise<void> {
  for (const name of NAMESPACES) {
    await ensureObject(ports, 'namespaces', {
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    await fillNamespace(ports, name);
  }
  await ensureObject(ports, 'services', apiService(ports));
  await ensureApiEndpoints(ports);
  await ensureNode(ports);
  if (ports.engineVolumes !== undefined)
    await ensureObject(ports, 'storageclasses.storage.k8s.io', ENGINE_CLASS);
  for (const [name, value] of [
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ] as const) {
    await ensureObject(ports, 'priorityclasses.scheduling.k8s.io', {
      metadata: { name, generation: 1 },
      value,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
  await bootstrapRights(ports);
}

/** Creates the node. An existing one of an earlier version gets the newer labels; labels that somebody set stay. */
async function ensureNode(ports: ApiPorts): Promise<void> {
  const node = apiNode(ports);
  await ensureObject(ports, 'nodes', node);
  const key = { resource: 'nodes', namespace: '', name: node.metadata.name ?? '' };
  await mendObject(ports.store, key, (found) => ({
    ...found,
    metadata: { ...found.metadata, labels: { ...node.metadata.labels, ...found.metadata.labels } },
  }));
}

/** The default class of claims in local mode. If deleted, it comes back at the next start. */
const ENGINE_CLASS = {
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: ENGINE_PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion: true,
};

/** The endpoints of the Service `default/kubernetes`, if pods reach the API at an address; elsewhere only by name. */
async function ensureApiEndpoints(ports: ApiPorts): Promise<void> {
  const { apiHost: ip, apiPort: port } = ports.settings;
  if (!isIp(ip)) return;
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const open = { name: 'https', port, protocol: 'TCP' };
  const endpoints = { subsets: [{ addresses: [{ ip }], ports: [open] }] };
  const slice = { endpoints: [{ addresses: [ip], conditions: { ready: true } }], ports: [open] };
  const parts: [string, Record<string, string>, object][] = [
    ['endpoints', { 'endpointslice.kubernetes.io/skip-mirror': 'true' }, endpoints],
    ['endpointslices.discovery.k8s.io', { 'kubernetes.io/service-name': 'kubernetes' }, slice],
  ];
  for (const [resource, labels, content] of parts) {
    const fixed = resource === 'endpoints' ? {} : { addressType: isIpV6(ip) ? 'IPv6' : 'IPv4' };
    await ensureObject(ports, resource, {
      metadata: { ...metadata, labels },
      ...fixed,
      ...content,
    });
    const key = { resource, ...metadata };
    await mendObject(ports.store, key, (found) => ({ ...found, ...content }));
  }
}

/** The API's Service, under the name that clients in pods expect. */
function apiService({ settings }: Pick<ApiPorts, 'settings'>) {
  return {
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: settings.apiPort }],
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  };
}
