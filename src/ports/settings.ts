// What an installation is.

/** How AWS principals become users. */
export interface IamSettings {
  /** What a login must be signed for: a token of another cluster is none here. */
  clusterId: string;
  /** Principals that are always known, in the form of EKS' ConfigMap aws-auth (lists or YAML); it comes second. */
  principals: { readonly mapRoles?: unknown; readonly mapUsers?: unknown };
}

/** What an installation is, read once by src/aws/config.ts. */
export interface Settings {
  /** 'local' also serves upgrades (exec, attach, port-forward) and hostPath and the like with beyondFargate. */
  mode: 'aws' | 'local';
  beyondFargate: boolean;
  /** Local mode: what droppod refuses and Kubernetes takes is a warning, so that answers can be held against kube-apiserver's; such a pod need not run. */
  warnOfRefusals?: boolean;
  /** Local mode: a directory says which static pods there are, and the API cannot delete them. */
  staticPods?: boolean;
  /** URL that podlets call. */
  syncUrl: string;
  /** PEM of the CA that podlets and pods trust for it; '' = public CAs. */
  caPem: string;
  /** Host and port under which pods find the API (KUBERNETES_SERVICE_HOST, _PORT). */
  apiHost: string;
  apiPort: number;
  podletImage: string;
  logGroup: string;
  /** Role by which tasks pull images and write logs; Fargate takes no awslogs driver without one. */
  executionRoleArn?: string;
  region: string;
  /** Revision of the state machine's document that new executions go by; '': unknown, and no execution is replaced for another. */
  machineRevision: string;
  /** HMAC key of the podlets' bootstrap tokens (base64). */
  podletKey: string;
  /** How long a sync request may wait for news, in ms (local 30 000, AWS 2 000). */
  syncWaitMs: number;
  /** Image architectures that nodes offer. */
  architectures: ('amd64' | 'arm64')[];
  clusterDomain: string;
  /** Bearer token of the administrator (local mode); absent: none. */
  adminToken?: string;
  /** Login of AWS principals; absent: none. */
  iam?: IamSettings;
  /** Name shown as spec.nodeName unless virtual nodes say otherwise. */
  nodeName: string;
  /** The node's own address, where pods do not each have a node of their own (status.hostIP). */
  nodeAddress?: string;
}
