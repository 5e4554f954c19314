// All ports of a function on AWS, from its environment.
import { lookup } from 'node:dns/promises';
import { PODLET_KEY, PULL_SECRETS_KEY, ensureKey } from '../store/ensure-key.ts';
import { dynamoStore } from '../store/dynamo-store.ts';
import { LIFETIMES } from '../kinds/resources.ts';
import { publicFetch } from '../images/public-fetch.ts';
import type { Fetch } from '../images/registry-session.ts';
import { registryImages } from '../images/registry-images.ts';
import type { Ports } from '../ports/ports.ts';
import type { Settings } from '../ports/settings.ts';
import type { Sts } from '../ports/sts.ts';
import { present } from '../present.ts';
import type { Table } from '../store/table.ts';
import type { DueTimes } from '../ports/due-times.ts';
import { wakes } from '../owners/wakes.ts';
import { createClients } from './clients.ts';
import type { Clients } from './clients.ts';
import { awsDueTimes } from './due-times.ts';
import { systemClock } from './clock.ts';
import type { Config, Environment } from './config.ts';
import { pullSecretPrefix, readConfig } from './config.ts';
import { environmentLog } from './environment-log.ts';
import { ecrCredentials } from './ecr-credentials.ts';
import { awsExecutions } from './executions.ts';
import { randomIds, randomKey } from './ids.ts';
import { tableImages } from './kept-images.ts';
import { awsLogs } from './logs.ts';
import { dynamoTable } from './table.ts';
import { awsPullSecrets } from './pull-secrets.ts';
import { readStaticPods } from './static-pods.ts';
import { awsSts } from './sts.ts';
import { awsSweepRule } from './sweep-rule.ts';
import { awsTasks } from './tasks.ts';
import { processWakeups } from './wakeups.ts';

/** How long a sync request may be held on AWS: Lambda bills the wait. */
const SYNC_WAIT_MS = 2_000;

/** A registry that takes longer is asked again with the pod's back-off. */
const REGISTRY_MS = 15_000;

/** Polling interval for another function's writes. */
const LOOK_AGAIN_MS = 500;

/** Builds the ports; a function that holds keys reads the podlet key, creating it at the very first call. */
export async function createPorts(env: Environment): Promise<Ports> {
  const config = readConfig(env);
  const clients = createClients({ region: config.region });
  const table = dynamoTable(clients.dynamodb, config.table);
  const store = dynamoStore({
    table,
    clock: systemClock,
    ids: randomIds,
    random: Math.random,
    lifetimes: LIFETIMES,
    wakes,
  });
  const tasks = awsTasks(clients.ecs, config);
  // The roles of the other functions may not read it, and they do not need it.
  const podletKey = config.holdsKeys ? await ensureKey(store, PODLET_KEY, randomKey) : '';
  let pullKey: Promise<string> | undefined;
  return {
    store,
    tasks,
    executions: awsExecutions(clients.sfn, config.stateMachineArn),
    images: registryImages({
      fetch: registryFetch(config),
      clock: systemClock,
      architectures: config.architectures,
      nodeCredentials: ecrCredentials(clients.ecr, systemClock),
      mirrors: config.mirrors,
      kept: tableImages(table, systemClock),
      ...present({ endpoint: config.registryEndpoint || undefined }),
    }),
    pullSecrets: awsPullSecrets({
      client: clients.secrets,
      clock: systemClock,
      prefix: pullSecretPrefix(config.cluster),
      key: () => (pullKey ??= ensureKey(store, PULL_SECRETS_KEY, randomKey)),
    }),
    logs: awsLogs({ client: clients.logs, clock: systemClock, logGroup: config.logGroup, tasks }),
    log: environmentLog,
    clock: systemClock,
    ids: randomIds,
    wakeups: processWakeups({ clock: systemClock, maxWaitMs: LOOK_AGAIN_MS }),
    sweepRule: awsSweepRule(clients.events, config.sweepRule),
    ...present({ dueTimes: dueTimesOf(clients, config), staticPods: readStaticPods() }),
    ...present({ sts: config.clusterId === '' ? undefined : stsOf(config) }),
    settings: toSettings(config, podletKey),
  };
}

/** The installation's own registry may be anywhere; any other host must be public. */
function registryFetch({ registryEndpoint }: Config): Fetch {
  const ask = (url: string, init: RequestInit): Promise<Response> =>
    fetch(url, { ...init, signal: AbortSignal.timeout(REGISTRY_MS) });
  const askPublic = publicFetch(ask, (host) => lookup(host, { all: true }));
  return (url, init) =>
    registryEndpoint !== '' && url.startsWith(`${registryEndpoint}/`)
      ? ask(url, { ...init, redirect: 'error' })
      : askPublic(url, init);
}

const dueTimesOf = (
  { scheduler: client }: Clients,
  { dueTarget: target, dueRole: role, dueGroup: group }: Config,
): DueTimes | undefined =>
  target === '' ? undefined : awsDueTimes({ client, clock: systemClock, target, role, group });

/** Only the table, for the reader of its stream. */
export const environmentTable = (env: Environment): Table => {
  const { region, table } = readConfig(env);
  return dynamoTable(createClients({ region }).dynamodb, table);
};

const stsOf = ({ stsEndpoint }: Config): Sts =>
  awsSts({
    fetch: (url, init) => fetch(url, init),
    ...present({ endpoint: stsEndpoint === '' ? undefined : stsEndpoint }),
  });

function toSettings(config: Config, podletKey: string): Settings {
  return {
    mode: 'aws',
    beyondFargate: false,
    syncUrl: config.syncUrl,
    caPem: config.ca,
    apiHost: config.apiUrl === '' ? '' : new URL(config.apiUrl).hostname,
    apiPort: config.apiUrl === '' ? 443 : Number(new URL(config.apiUrl).port || 443),
    podletImage: config.podletImage,
    logGroup: config.logGroup,
    executionRoleArn: config.executionRoleArn,
    region: config.region,
    machineRevision: config.machineRevision,
    podletKey,
    syncWaitMs: SYNC_WAIT_MS,
    architectures: config.architectures,
    clusterDomain: config.clusterDomain,
    nodeName: config.nodeName,
    ...present({ staticPods: config.staticPods || undefined }),
    ...present({
      iam:
        config.clusterId === ''
          ? undefined
          : { clusterId: config.clusterId, principals: config.principals },
    }),
  };
}
