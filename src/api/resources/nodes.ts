// Nodes: droppod serves virtual ones; clients may label, taint and cordon them.
import type { KubeObject, Node } from '../../kinds/pod.ts';
import { nodesChanged } from '../../steps/settle/reschedule.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const nodeOf = (object: KubeObject): Node => object as Node;

function status(object: KubeObject): string {
  const ready = nodeOf(object).status?.conditions?.find(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return nodeOf(object).spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

function roles(object: KubeObject): string {
  const found = Object.entries(object.metadata.labels ?? {}).flatMap(([key, value]) =>
    key.startsWith('node-role.kubernetes.io/')
      ? [key.slice('node-role.kubernetes.io/'.length)]
      : key === 'kubernetes.io/role'
        ? [value]
        : [],
  );
  return [...new Set(found.filter((role) => role !== ''))].sort().join(',') || '<none>';
}

const address = (object: KubeObject, type: string): string =>
  nodeOf(object).status?.addresses?.find((entry) => entry.type === type)?.address ?? '<none>';
const fact = (object: KubeObject, name: string, missing = '<unknown>'): string =>
  text(object, 'status', 'nodeInfo', name) || missing;

/** The part of a node that affects placement. */
const placingPart = (object: KubeObject): string =>
  JSON.stringify([
    nodeOf(object).metadata?.labels,
    nodeOf(object).spec,
    nodeOf(object).status?.allocatable,
  ]);

export const nodes: Strategy = {
  ...plain,
  fields: {
    own: true,
    fields: { 'spec.unschedulable': (object) => text(object, 'spec', 'unschedulable') || 'false' },
  },
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Status', 'The status of the node'),
      column('Roles', 'The roles of the node'),
      ageColumn(),
      column('Version', fieldDescription('NodeSystemInfo', 'kubeletVersion')),
      column('Internal-IP', fieldDescription('NodeStatus', 'addresses'), 1),
      column('External-IP', fieldDescription('NodeStatus', 'addresses'), 1),
      column('OS-Image', fieldDescription('NodeSystemInfo', 'osImage'), 1),
      column('Kernel-Version', fieldDescription('NodeSystemInfo', 'kernelVersion'), 1),
      column('Container-Runtime', fieldDescription('NodeSystemInfo', 'containerRuntimeVersion'), 1),
    ],
    (object) => [
      object.metadata.name ?? '',
      status(object),
      roles(object),
      age(object),
      fact(object, 'kubeletVersion', ''),
      address(object, 'InternalIP'),
      address(object, 'ExternalIP'),
      fact(object, 'osImage'),
      fact(object, 'kernelVersion'),
      fact(object, 'containerRuntimeVersion'),
    ],
  ),
  prepareForUpdate: keepStatus,
  resetFields: ['status'],
  created: (_object, { ports }) => nodesChanged(ports),
  removed: (_object, { ports }) => nodesChanged(ports),
  updated: (object, old, { ports }) =>
    placingPart(object) === placingPart(old) ? Promise.resolve() : nodesChanged(ports),
};

/** `/status` of nodes. */
export const nodeStatus: Strategy = statusOf(nodes);
