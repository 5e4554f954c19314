// How lists merge: the declared keys of Kubernetes' types (patchMergeKey for strategic merge, listMapKey for apply).
// client-node's models do not carry them. `Type.field`; lists that are not named here are atomic.
import { own } from '../own.ts';

export interface ListRule {
  /** Strategic merge key; '' merges primitives. Absent: the list is replaced. */
  patchKey?: string;
  /** The patch may use $retainKeys (`merge,retainKeys`). */
  retainKeys?: boolean;
  /** Keys of server-side apply; empty: a set of primitives. Absent: atomic. */
  mapKeys?: string[];
}

const keyed = (key: string, mapKeys: string[] = [key]): ListRule => ({ patchKey: key, mapKeys });
const SET: ListRule = { patchKey: '', mapKeys: [] };
const CONTAINER: Record<string, ListRule> = {
  ports: keyed('containerPort', ['containerPort', 'protocol']),
  env: keyed('name'),
  volumeMounts: keyed('mountPath'),
  volumeDevices: keyed('devicePath'),
};
const CONDITIONS: Record<string, ListRule> = { conditions: keyed('type') };

const RULES: Record<string, Record<string, ListRule>> = {
  ObjectMeta: { ownerReferences: keyed('uid'), finalizers: SET },
  PodSpec: {
    volumes: { ...keyed('name'), retainKeys: true },
    initContainers: keyed('name'),
    containers: keyed('name'),
    ephemeralContainers: keyed('name'),
    imagePullSecrets: keyed('name'),
    hostAliases: keyed('ip'),
    topologySpreadConstraints: keyed('topologyKey', ['topologyKey', 'whenUnsatisfiable']),
    schedulingGates: keyed('name'),
    resourceClaims: { ...keyed('name'), retainKeys: true },
  },
  Container: CONTAINER,
  EphemeralContainer: CONTAINER,
  PodStatus: {
    ...CONDITIONS,
    podIPs: keyed('ip'),
    hostIPs: { patchKey: 'ip' },
    resourceClaimStatuses: { ...keyed('name'), retainKeys: true },
  },
  ContainerStatus: { volumeMounts: keyed('mountPath') },
  ValidatingWebhookConfiguration: { webhooks: keyed('name') },
  MutatingWebhookConfiguration: { webhooks: keyed('name') },
  ValidatingWebhook: { matchConditions: keyed('name') },
  MutatingWebhook: { matchConditions: keyed('name') },
  APIServiceStatus: CONDITIONS,
  CSINodeSpec: { drivers: keyed('name') },
  CSIDriverSpec: { volumeLifecycleModes: { mapKeys: [] } },
  CertificateSigningRequestStatus: { conditions: { mapKeys: ['type'] } },
  CustomResourceDefinitionStatus: { conditions: { mapKeys: ['type'] } },
  NodeSpec: { podCIDRs: SET },
  NodeStatus: { ...CONDITIONS, addresses: keyed('type') },
  NamespaceStatus: CONDITIONS,
  DeploymentStatus: CONDITIONS,
  ReplicaSetStatus: CONDITIONS,
  StatefulSetStatus: CONDITIONS,
  DaemonSetStatus: CONDITIONS,
  PodDisruptionBudgetStatus: CONDITIONS,
  ReplicationControllerStatus: CONDITIONS,
  ServiceSpec: { ports: keyed('port', ['port', 'protocol']) },
  ServiceStatus: CONDITIONS,
  ServiceAccount: { secrets: keyed('name') },
};

const ATOMIC: ListRule = {};

/** Rule of the list `field` of Go type `type`. */
export const listRule = (type: string, field: string): ListRule =>
  own(own(RULES, type), field) ?? ATOMIC;
