// The virtual node of all pods: each pod gets one as large as the largest task, and it is always ready.
import type { KubeObject } from '../kinds/pod.ts';
import { NODE_ALLOCATABLE } from '../pod/process/field-ref.ts';
import type { ApiPorts } from './call.ts';
import { wholeSeconds } from '../kinds/time.ts';

const condition = (type: string, status: string, reason: string, message: string, at: string) => ({
  type,
  status,
  lastHeartbeatTime: at,
  lastTransitionTime: at,
  reason,
  message,
});

/** A cloud's well-known labels, with their old names as well. The node spans the zones of its subnets, so its zone is the region. */
function nodeLabels(
  { nodeName, region }: ApiPorts['settings'],
  architecture: string,
): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/instance-type': 'fargate',
    'beta.kubernetes.io/os': 'linux',
    'failure-domain.beta.kubernetes.io/region': region,
    'failure-domain.beta.kubernetes.io/zone': region,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': 'fargate',
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': region,
  };
}

/** The conditions that a kubelet reports of a healthy node. */
const conditions = (at: string) => [
  condition(
    'MemoryPressure',
    'False',
    'KubeletHasSufficientMemory',
    'kubelet has sufficient memory available',
    at,
  ),
  condition(
    'DiskPressure',
    'False',
    'KubeletHasNoDiskPressure',
    'kubelet has no disk pressure',
    at,
  ),
  condition(
    'PIDPressure',
    'False',
    'KubeletHasSufficientPID',
    'kubelet has sufficient PID available',
    at,
  ),
  condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status', at),
];

const nodeInfo = (architecture: string) => ({
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: 'AWS Fargate',
  containerRuntimeVersion: 'containerd://fargate',
  kubeletVersion: 'v1.35.4',
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture,
});

/** The node object as the first start creates it. */
export function apiNode({ settings, clock }: Pick<ApiPorts, 'settings' | 'clock'>): KubeObject {
  const architecture = settings.architectures[0] ?? 'amd64';
  const at = wholeSeconds(clock.now());
  const { cpu, memory, 'ephemeral-storage': storage } = NODE_ALLOCATABLE;
  const size = {
    cpu: `${cpu}`,
    memory: `${memory / 1024 ** 2}Mi`,
    pods: '5000',
    'ephemeral-storage': `${storage / 1024 ** 3}Gi`,
  };
  return {
    metadata: {
      name: settings.nodeName,
      labels: nodeLabels(settings, architecture),
    },
    spec: {},
    status: {
      capacity: size,
      allocatable: size,
      conditions: conditions(at),
      addresses: [
        ...(settings.nodeAddress === undefined
          ? []
          : [{ type: 'InternalIP', address: settings.nodeAddress }]),
        { type: 'Hostname', address: settings.nodeName },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: nodeInfo(architecture),
    },
  };
}
