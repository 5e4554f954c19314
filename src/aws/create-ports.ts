// All ports of a function on AWS, from its environment.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PODLET_KEY, PULL_SECRETS_KEY, ensureKey } from '../store/ensure-key.ts';
import { dynamoStore } from '../store/dynamo-store.ts';
import { LIFETIMES } from '../kinds/resources.ts';
import type { DueTimes } from '../ports/due-times.ts';
import type { Executions } from '../ports/executions.ts';
import type { Images } from '../ports/images.ts';
import type { Logs } from '../ports/logs.ts';
import type { Ports } from '../ports/ports.ts';
import type { PullSecrets } from '../ports/pull-secrets.ts';
import type { Settings } from '../ports/settings.ts';
import type { Sts } from '../ports/sts.ts';
import type { SweepRule } from '../ports/sweep-rule.ts';
import type { Tasks } from '../ports/tasks.ts';
import { present } from '../present.ts';
import type { Table } from '../store/table.ts';
import { wakes } from '../owners/wakes.ts';
import { amazonRoots } from './amazon-roots.ts';
import { createClient } from './client.ts';
import { systemClock } from '../system-clock.ts';
import type { Config, Environment } from './config.ts';
import { readConfig } from './config.ts';
import { environmentLog } from './lambda/environment-log.ts';
import { randomIds, randomKey } from './ids.ts';
import { latePort, once } from './late/late-port.ts';
import { LOGS_LATE_MS } from './logs-late-ms.ts';
import { dynamoTable } from './table.ts';
import { readStaticPods } from './deployment/static-pods.ts';
import { awsSts } from './sts.ts';
import { processWakeups } from './wakeups.ts';

/** How long a sync request may be held on AWS: Lambda bills the wait. */
const SYNC_WAIT_MS = 2_000;

/** Polling interval for another function's writes. */
const LOOK_AGAIN_MS = 500;

/** Builds the ports without a call to AWS. Other clients than the table's are created at their first use. */
export function createPorts(env: Environment): Ports {
  const config = readConfig(env);
  const table = environmentTable(env);
  const store = dynamoStore({
    table,
    clock: systemClock,
    ids: randomIds,
    random: Math.random,
    lifetimes: LIFETIMES,
    wakes,
  });
  // The roles of the other functions may not read it, and they do not need it.
  const settings = toSettings(config);
  const readKeys = once(async () => {
    settings.podletKey = await ensureKey(store, PODLET_KEY, randomKey);
  });
  return {
    store,
    ...latePorts(config, table, store),
    log: environmentLog,
    clock: systemClock,
    ids: randomIds,
    wakeups: processWakeups({ clock: systemClock, maxWaitMs: LOOK_AGAIN_MS }),
    ...present({
      sts: config.clusterId === '' ? undefined : stsOf(config),
      rootCa: config.ca === '' ? amazonRoots : undefined,
      staticPods: readStaticPods(),
      readKeys: config.holdsKeys ? readKeys : undefined,
    }),
    settings,
  };
}

type Late = Pick<
  Ports,
  'tasks' | 'executions' | 'images' | 'pullSecrets' | 'logs' | 'sweepRule' | 'dueTimes'
>;

function latePorts(config: Config, table: Table, store: Ports['store']): Late {
  const options = { region: config.region };
  const pullKey = once(() => ensureKey(store, PULL_SECRETS_KEY, randomKey));
  const dueTimes = latePort<DueTimes>(
    async () => (await import('./late/due-times.ts')).dueTimes(options, config),
    ['wakeAt'],
  );
  return {
    tasks: latePort<Tasks>(
      async () => (await import('./late/tasks.ts')).tasks(options, config),
      ['register', 'run', 'stop', 'describe', 'listRunning'],
    ),
    executions: latePort<Executions>(
      async () => (await import('./late/executions.ts')).executions(options, config),
      ['start', 'succeed', 'stop', 'describe'],
    ),
    images: latePort<Images>(
      async () => (await import('./late/images.ts')).images(options, config, table),
      ['resolve'],
    ),
    pullSecrets: latePort<PullSecrets>(
      async () => (await import('./late/pull-secrets.ts')).pullSecrets(options, config, pullKey),
      ['keep', 'clear'],
    ),
    logs: lateLogs(async () => (await import('./late/logs.ts')).logs(options, config)),
    sweepRule: latePort<SweepRule>(
      async () => (await import('./late/sweep-rule.ts')).sweepRule(options, config),
      ['on', 'off'],
    ),
    ...present({ dueTimes: config.dueTarget === '' ? undefined : dueTimes }),
  };
}

/** Logs come as a sequence, which loads its port when it is first asked for a line. */
function lateLogs(load: () => Promise<Logs>): Logs {
  const loaded = once(load);
  return {
    lateMs: LOGS_LATE_MS,
    async *read(source, signal) {
      yield* (await loaded()).read(source, signal);
    },
  };
}

/** Only the table, for the reader of its stream. */
export const environmentTable = (env: Environment): Table => {
  const { region, table } = readConfig(env);
  return dynamoTable(createClient(DynamoDBClient, { region }), table);
};

const stsOf = ({ stsEndpoint }: Config): Sts =>
  awsSts({
    fetch: (url, init) => fetch(url, init),
    ...present({ endpoint: stsEndpoint === '' ? undefined : stsEndpoint }),
  });

function toSettings(config: Config): Settings {
  return {
    mode: 'aws',
    beyondFargate: false,
    syncUrl: config.syncUrl,
    caPem: config.ca,
    apiHost: config.apiUrl === '' ? '' : new URL(config.apiUrl).hostname,
    apiPort: config.apiUrl === '' ? 443 : Number(new URL(config.apiUrl).port || 443),
    ...present({
      issuer: config.issuerUrl === '' ? undefined : new URL(config.issuerUrl).origin,
    }),
    podletImage: config.podletImage,
    logGroup: config.logGroup,
    executionRoleArn: config.executionRoleArn,
    region: config.region,
    machineRevision: config.machineRevision,
    podletKey: '',
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
