// Least privilege: what each function may do, by resource.
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { pullSecretPrefix } from '../../src/aws/config.ts';
import type { Cluster } from './cluster.ts';
import type { FunctionName, Functions } from './functions.ts';

interface Granted {
  table: TableV2;
  cluster: Cluster;
  machineName: string;
  functions: Functions;
  sweepRuleName: string;
}

const TABLE_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
];

/** Gives every function what its step does and nothing else. */
export function grantLeast(
  scope: Construct,
  { table, cluster, machineName, functions, sweepRuleName }: Granted,
): void {
  const stack = Stack.of(scope);
  const states = (resource: string): string =>
    stack.formatArn({
      service: 'states',
      resource,
      resourceName: resource === 'execution' ? `${machineName}:*` : machineName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const allow = (names: FunctionName[], actions: string[], resources: string[]): void => {
    for (const name of names)
      functions.all[name].addToRolePolicy(new PolicyStatement({ actions, resources }));
  };
  const every = Object.keys(functions.all) as FunctionName[];
  allow(every, TABLE_ACTIONS, [table.tableArn]);
  // Whoever settles a pod takes every step that is due for it (src/steps/settle/settle.ts).
  const settling: FunctionName[] = ['api', 'sync', 'finish-pod', 'observe', 'sweep'];
  allow([...settling, 'bind-pod'], ['states:StartExecution'], [states('stateMachine')]);
  allow(settling, ['states:StopExecution'], [states('execution')]);
  allow(['sweep'], ['states:DescribeExecution'], [states('execution')]);
  allow([...settling, 'start-container'], ['states:SendTaskSuccess'], [states('stateMachine')]);
  allow(['bind-pod'], ['ecs:RegisterTaskDefinition', 'ecs:DescribeTaskDefinition'], ['*']); // Neither takes a resource.
  allow(
    ['launch-pod'],
    ['ecs:RunTask', 'ecs:TagResource'],
    [
      stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: 'droppod-*' }),
      cluster.taskArns(stack),
    ],
  );
  const pullSecrets = stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${pullSecretPrefix(cluster.name)}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  allow(
    ['bind-pod'],
    [
      'secretsmanager:CreateSecret',
      'secretsmanager:DescribeSecret',
      'secretsmanager:PutSecretValue',
    ],
    [pullSecrets],
  );
  allow(['sweep'], ['secretsmanager:DeleteSecret'], [pullSecrets]);
  allow(['sweep'], ['secretsmanager:ListSecrets'], ['*']); // Listing takes no secret.
  cluster.executionRole.addToPolicy(
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [pullSecrets] }),
  );
  allow(['bind-pod'], ['ecr:GetAuthorizationToken'], ['*']); // One token for the whole registry.
  allow(
    ['bind-pod'],
    ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    [stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: '*' })],
  );
  allow(['bind-pod', 'launch-pod'], ['iam:PassRole'], [cluster.executionRole.roleArn]);
  allow([...settling, 'launch-pod'], ['ecs:StopTask'], [cluster.taskArns(stack)]);
  // A pod's address is what ECS knows of its task: asked for once where its change has not come before the first report.
  allow(['api', 'sync', 'sweep'], ['ecs:DescribeTasks'], [cluster.taskArns(stack)]);
  allow(['sweep'], ['ecs:ListTasks'], ['*']); // Listing takes no task; the cluster stands in its condition on the API side.
  // A termination message may be the end of the log.
  allow(
    ['api', 'sync'],
    ['logs:GetLogEvents'],
    [cluster.logGroup.logGroupArn, `${cluster.logGroup.logGroupArn}:*`],
  );
  const sweepRule = stack.formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: sweepRuleName,
  });
  allow(['api', 'sweep'], ['events:EnableRule'], [sweepRule]);
  allow(['sweep'], ['events:DisableRule'], [sweepRule]);
}
