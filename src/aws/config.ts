// A function's environment, read once; one error lists every missing name. cdk/ imports NAMES and sets them.
import type { Mirrors } from '../images/mirrors.ts';

/** Variables that every function must have. */
export const NAMES = {
  table: 'DROPPOD_TABLE',
  cluster: 'DROPPOD_CLUSTER',
  stateMachineArn: 'DROPPOD_STATE_MACHINE_ARN',
  subnets: 'DROPPOD_SUBNETS',
  securityGroups: 'DROPPOD_SECURITY_GROUPS',
  logGroup: 'DROPPOD_LOG_GROUP',
  podletImage: 'DROPPOD_PODLET_IMAGE',
  executionRoleArn: 'DROPPOD_EXECUTION_ROLE_ARN',
  sweepRule: 'DROPPOD_SWEEP_RULE',
  region: 'AWS_REGION',
} as const;

/** Optional variables: URLs are known only after the first deployment, the rest has defaults. */
export const OPTIONAL_NAMES = {
  syncUrl: 'DROPPOD_SYNC_URL',
  apiUrl: 'DROPPOD_API_URL',
  issuerUrl: 'DROPPOD_ISSUER_URL',
  assignPublicIp: 'DROPPOD_ASSIGN_PUBLIC_IP',
  capacity: 'DROPPOD_CAPACITY',
  architectures: 'DROPPOD_ARCHITECTURES',
  clusterDomain: 'DROPPOD_CLUSTER_DOMAIN',
  nodeName: 'DROPPOD_NODE_NAME',
  machineRevision: 'DROPPOD_MACHINE_REVISION',
  holdsKeys: 'DROPPOD_HOLDS_KEYS',
  clusterId: 'DROPPOD_CLUSTER_ID',
  principals: 'DROPPOD_PRINCIPALS',
  dueTarget: 'DROPPOD_DUE_TARGET',
  dueRole: 'DROPPOD_DUE_ROLE',
  dueGroup: 'DROPPOD_DUE_GROUP',
  staticPods: 'DROPPOD_STATIC_PODS',
  stsEndpoint: 'AWS_ENDPOINT_URL_STS',
  endpoint: 'AWS_ENDPOINT_URL',
  ca: 'DROPPOD_CA',
  registryEndpoint: 'DROPPOD_REGISTRY_ENDPOINT',
  mirrors: 'DROPPOD_MIRRORS',
} as const;

/** The prefix of the names of an installation's pull secrets. */
export const pullSecretPrefix = (cluster: string): string => `${cluster}/pull/`;

export type Environment = { readonly [name: string]: string | undefined };

/** Names and places of one installation on AWS. */
export interface Config {
  table: string;
  cluster: string;
  stateMachineArn: string;
  subnets: string[];
  securityGroups: string[];
  assignPublicIp: boolean;
  /** Where tasks run: Fargate, or Fargate Spot, which AWS may take back. */
  capacity: 'on-demand' | 'spot';
  logGroup: string;
  podletImage: string;
  executionRoleArn: string;
  /** Name of the schedule that invokes sweep. */
  sweepRule: string;
  region: string;
  syncUrl: string;
  /** Where pods find the API. */
  apiUrl: string;
  /** Where AWS IAM finds the keys of tokens, if elsewhere; ''. */
  issuerUrl: string;
  architectures: ('amd64' | 'arm64')[];
  clusterDomain: string;
  nodeName: string;
  /** Only sweep has it; '' elsewhere. */
  machineRevision: string;
  /** True for functions whose roles may read the installation's keys: the API and sync. */
  holdsKeys: boolean;
  /** The audience of a login with `aws eks get-token --cluster-name`; '': no such logins. */
  clusterId: string;
  /** JSON in the form of EKS' aws-auth: who may log in besides the ConfigMap's entries. */
  principals: { mapRoles?: unknown; mapUsers?: unknown };
  /** For the function that wakes itself by schedules: its ARN, the scheduler's role and the schedule group; '' elsewhere. */
  dueTarget: string;
  dueRole: string;
  dueGroup: string;
  /** A digest of the deployment's static pods; '': it has none. */
  staticPods: string;
  /** An STS endpoint other than AWS', as the SDK would find it; or ''. */
  stsEndpoint: string;
  /** PEM of a CA that podlets trust besides the public ones, if the fronts are behind a private proxy; or ''. */
  ca: string;
  /** A registry to ask for all images, as repositories `<registry>/<repository>`; or ''. An emulator's engine pulls from it. */
  registryEndpoint: string;
  /** Registries whose images are looked for elsewhere first (src/images/mirrors.ts). */
  mirrors: Mirrors;
}

/** Throws one error that lists every missing variable. */
export function readConfig(env: Environment): Config {
  const missing = Object.values(NAMES).filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`missing environment variables: ${missing.join(', ')}`);
  const required = (key: keyof typeof NAMES): string => env[NAMES[key]] ?? '';
  const optional = (key: keyof typeof OPTIONAL_NAMES, otherwise: string): string =>
    env[OPTIONAL_NAMES[key]] || otherwise;
  const listed = (text: string): string[] => text.split(',').filter((part) => part !== '');
  return {
    table: required('table'),
    cluster: required('cluster'),
    stateMachineArn: required('stateMachineArn'),
    subnets: listed(required('subnets')),
    securityGroups: listed(required('securityGroups')),
    assignPublicIp: optional('assignPublicIp', 'true') === 'true',
    capacity: optional('capacity', 'on-demand') === 'spot' ? 'spot' : 'on-demand',
    logGroup: required('logGroup'),
    podletImage: required('podletImage'),
    executionRoleArn: required('executionRoleArn'),
    sweepRule: required('sweepRule'),
    region: required('region'),
    syncUrl: optional('syncUrl', ''),
    apiUrl: optional('apiUrl', ''),
    issuerUrl: optional('issuerUrl', ''),
    architectures: listed(optional('architectures', 'amd64')).map((name) =>
      name === 'arm64' ? 'arm64' : 'amd64',
    ),
    clusterDomain: optional('clusterDomain', 'cluster.local'),
    nodeName: optional('nodeName', 'fargate'),
    machineRevision: optional('machineRevision', ''),
    holdsKeys: optional('holdsKeys', 'false') === 'true',
    clusterId: optional('clusterId', ''),
    principals: principalsIn(optional('principals', '{}')),
    dueTarget: optional('dueTarget', ''),
    dueRole: optional('dueRole', ''),
    dueGroup: optional('dueGroup', ''),
    staticPods: optional('staticPods', ''),
    stsEndpoint: optional('stsEndpoint', optional('endpoint', '')),
    ca: optional('ca', ''),
    registryEndpoint: optional('registryEndpoint', '').replace(/\/+$/, ''),
    mirrors: mirrorsIn(optional('mirrors', '{}')),
  };
}

const principalsIn = (text: string): Config['principals'] =>
  objectIn(OPTIONAL_NAMES.principals, text);

function mirrorsIn(text: string): Mirrors {
  const given = Object.entries(objectIn(OPTIONAL_NAMES.mirrors, text));
  return Object.fromEntries(given.map(([registry, place]) => [registry, String(place)]));
}

function objectIn(name: string, text: string): object {
  const refuse = (cause?: unknown): never => {
    throw new Error(`${name} is no JSON object`, { cause });
  };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : refuse();
  } catch (error) {
    return refuse(error);
  }
}
