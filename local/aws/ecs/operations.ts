// The ECS endpoint: its operations by name. awsJsonEndpoint refuses all others.
import { awsJsonEndpoint, type AwsJsonEndpoint, type Operation } from '../protocol.ts';
import type { EcsContext } from './context.ts';
import { createCluster } from './create-cluster.ts';
import { deregisterTaskDefinition } from './deregister-task-definition.ts';
import { describeClusters } from './describe-clusters.ts';
import { describeTaskDefinition } from './describe-task-definition.ts';
import { describeTasks } from './describe-tasks.ts';
import { listTaskDefinitions } from './list-task-definitions.ts';
import { listTasks } from './list-tasks.ts';
import { registerTaskDefinition } from './register-task-definition.ts';
import { runTask } from './run-task.ts';
import { stopTask } from './stop-task.ts';

const operations: Record<string, Operation<EcsContext>> = {
  CreateCluster: createCluster,
  DescribeClusters: describeClusters,
  RegisterTaskDefinition: registerTaskDefinition,
  DeregisterTaskDefinition: deregisterTaskDefinition,
  DescribeTaskDefinition: describeTaskDefinition,
  ListTaskDefinitions: listTaskDefinitions,
  RunTask: runTask,
  StopTask: stopTask,
  DescribeTasks: describeTasks,
  ListTasks: listTasks,
};

/** The endpoint over one agent. */
export function ecsEndpoint(context: EcsContext): AwsJsonEndpoint {
  return awsJsonEndpoint({
    targetPrefix: 'AmazonEC2ContainerServiceV20141113.',
    version: '1.1',
    operations,
    context,
  });
}
