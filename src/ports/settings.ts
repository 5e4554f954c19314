// The settings of an installation.

/** How AWS principals become users. */
export interface IamSettings {
  /** The audience of a login: a token for another cluster is worthless here. */
  clusterId: string;
  /** Principals that are always mapped, in the form of EKS' ConfigMap aws-auth (lists or YAML); the ConfigMap takes precedence. */
  principals: { readonly mapRoles?: unknown; readonly mapUsers?: unknown };
}

/** The settings of an installation, read once by src/aws/config.ts. */
export interface Settings {
  /** 'local' also supports upgrades (exec, attach, port-forward) and, with beyondFargate, hostPath and the like. */
  mode: 'aws' | 'local';
  beyondFargate: boolean;
  /** Local mode: droppod's own refusals are warnings, so that responses can be compared with kube-apiserver's; such a pod may not run. */
  warnOfRefusals?: boolean;
  /** Set where files say which static pods there are, which the API cannot delete: their directory, or a digest of them (AWS). */
  staticPods?: string;
  /** URL that podlets call. */
  syncUrl: string;
  /** PEM of the CA that podlets and pods trust for it; '' = public CAs. */
  caPem: string;
  /** Host and port at which pods find the API (KUBERNETES_SERVICE_HOST, _PORT). */
  apiHost: string;
  apiPort: number;
  /** Issuer of tokens on AWS; absent: the API's host itself. */
  issuer?: string;
  podletImage: string;
  logGroup: string;
  /** Role with which tasks pull images and write logs; Fargate requires one for the awslogs driver. */
  executionRoleArn?: string;
  region: string;
  /** Revision of the state machine's document for new executions; '': unknown, so no execution is replaced because of it. */
  machineRevision: string;
  /** HMAC key of the podlets' bootstrap tokens (base64). */
  podletKey: string;
  /** How long a sync request may wait for news, in ms (local 30 000, AWS 2 000). */
  syncWaitMs: number;
  /** Image architectures that the nodes support. */
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
