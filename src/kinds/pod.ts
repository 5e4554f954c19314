// Kubernetes object types as the API serves them: kubernetes-types plus the fields of 1.35 that it lacks.
import type * as core from 'kubernetes-types/core/v1';
import type { ObjectMeta as Meta } from 'kubernetes-types/meta/v1';

export type ObjectMeta = Meta;

/** Any stored object: what all kinds have in common. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** 1.35 (ContainerRestartRules): one rule of `restartPolicyRules`. */
export interface RestartRule {
  action: 'Restart' | 'RestartAllContainers';
  exitCodes?: { operator: 'In' | 'NotIn'; values?: number[] };
}

export interface Container extends Omit<core.Container, 'env'> {
  env?: EnvVar[];
  restartPolicyRules?: RestartRule[];
}
export interface EphemeralContainer extends Omit<core.EphemeralContainer, 'env'> {
  env?: EnvVar[];
}
export type Probe = core.Probe;
export type LifecycleHandler = core.LifecycleHandler;
export type Volume = core.Volume;
export type VolumeMount = core.VolumeMount;
/** 1.34 (EnvFiles): a variable from a file of an emptyDir. */
interface FileKeySelector {
  volumeName: string;
  path: string;
  key: string;
  optional?: boolean;
}
export interface EnvVar extends core.EnvVar {
  valueFrom?: NonNullable<core.EnvVar['valueFrom']> & { fileKeyRef?: FileKeySelector };
}
export type ConfigMap = core.ConfigMap;
export type Secret = core.Secret;
export type LimitRange = core.LimitRange;
export type ResourceQuota = core.ResourceQuota;
export type Service = core.Service;
export type ServiceAccount = core.ServiceAccount;
export type Namespace = core.Namespace;
export type Node = core.Node;
export type Event = core.Event;

export interface PodSpec extends Omit<core.PodSpec, 'containers' | 'initContainers'> {
  containers: Container[];
  initContainers?: Container[];
  hostnameOverride?: string;
  resources?: core.ResourceRequirements;
}

export interface PodCondition extends Omit<core.PodCondition, 'lastProbeTime'> {
  /** Kubernetes writes null. */
  lastProbeTime?: string | null;
  observedGeneration?: number;
}
export type ContainerState = core.ContainerState;
export type ContainerStateTerminated = core.ContainerStateTerminated;
export interface ContainerStatus extends core.ContainerStatus {
  resources?: core.ResourceRequirements;
  allocatedResources?: Record<string, string>;
  user?: { linux?: { uid: number; gid: number; supplementalGroups?: number[] } };
  volumeMounts?: {
    name: string;
    mountPath: string;
    readOnly?: boolean;
    recursiveReadOnly?: string;
  }[];
}
export interface PodStatus extends Omit<
  core.PodStatus,
  'conditions' | 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses'
> {
  conditions?: PodCondition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
  observedGeneration?: number;
}
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface Pod {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: PodSpec;
  status: PodStatus;
}
