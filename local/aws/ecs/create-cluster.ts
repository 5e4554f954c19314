// CreateCluster: a cluster is only a name here; creating it again returns the same one.
import type { Json } from '../../states/json.ts';
import { AwsError } from '../protocol.ts';
import { DEFAULT_CLUSTER, arn, type EcsContext } from './context.ts';
import { asInput, refuseOthers, text } from '../input.ts';

const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,254}$/;

export async function createCluster(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, [
    'clusterName',
    'tags',
    'capacityProviders',
    'defaultCapacityProviderStrategy',
    'settings',
  ]);
  const clusterName = text(input, 'clusterName') ?? DEFAULT_CLUSTER;
  if (!NAME.test(clusterName))
    throw new AwsError(
      'InvalidParameterException',
      `Invalid identifier: Identifier is for ${clusterName}. Your identifier is malformed.`,
    );
  const cluster = { clusterName, clusterArn: arn(context, `cluster/${clusterName}`) };
  await context.agent.book.putCluster(cluster);
  return { cluster: clusterJson(context, cluster) };
}

/** A cluster with its counts. */
export function clusterJson(
  { agent }: EcsContext,
  { clusterName, clusterArn }: { clusterName: string; clusterArn: string },
): Json {
  const tasks = [...agent.book.tasks.values()].filter(
    (task) => task.clusterArn === clusterArn && task.lastStatus !== 'STOPPED',
  );
  const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  return {
    clusterName,
    clusterArn,
    status: 'ACTIVE',
    runningTasksCount: running,
    pendingTasksCount: tasks.length - running,
    activeServicesCount: 0,
    registeredContainerInstancesCount: 0,
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: [],
  };
}
