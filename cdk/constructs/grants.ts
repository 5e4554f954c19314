// Least privilege: what each function may do, by resource.
// See docs/design/security.md.
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

/** Who may do what. */
type Allow = (names: FunctionName[], actions: string[], resources: string[]) => void;

/** Whoever settles a pod takes every step that is due (src/steps/settle/settle.ts). */
const SETTLING: FunctionName[] = ['api', 'sync', 'finish-pod', 'observe', 'sweep'];

/** Gives every function what its step does and nothing else. */
export function grantLeast(scope: Construct, granted: Granted): void {
  const { table, functions } = granted;
  const stack = Stack.of(scope);
  const allow: Allow = (names, actions, resources) => {
    for (const name of names)
      functions.all[name].addToRolePolicy(new PolicyStatement({ actions, resources }));
  };
  allow(Object.keys(functions.all) as FunctionName[], TABLE_ACTIONS, [table.tableArn]);
  grantExecutions(stack, allow, granted);
  grantTasks(stack, allow, granted);
  grantImages(stack, allow, granted);
  grantSweepRule(stack, allow, granted);
}

function grantExecutions(stack: Stack, allow: Allow, { machineName }: Granted): void {
  const arn = (resource: string, resourceName: string): string =>
    stack.formatArn({
      service: 'states',
      resource,
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const machine = arn('stateMachine', machineName);
  const executions = arn('execution', `${machineName}:*`);
  allow([...SETTLING, 'bind-pod'], ['states:StartExecution'], [machine]);
  allow(SETTLING, ['states:StopExecution'], [executions]);
  allow(['sweep'], ['states:DescribeExecution'], [executions]);
  allow([...SETTLING, 'start-container'], ['states:SendTaskSuccess'], [machine]);
}

function grantTasks(stack: Stack, allow: Allow, { cluster }: Granted): void {
  allow(['bind-pod'], ['ecs:RegisterTaskDefinition', 'ecs:DescribeTaskDefinition'], ['*']); // Neither takes a resource.
  allow(
    ['launch-pod'],
    ['ecs:RunTask', 'ecs:TagResource'],
    [
      stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: 'droppod-*' }),
      cluster.taskArns(stack),
    ],
  );
  allow(['bind-pod', 'launch-pod'], ['iam:PassRole'], [cluster.executionRole.roleArn]);
  allow([...SETTLING, 'launch-pod'], ['ecs:StopTask'], [cluster.taskArns(stack)]);
  // A pod's address is what ECS knows of its task: asked for once where its change has not come before the first report.
  allow(['api', 'sync', 'sweep'], ['ecs:DescribeTasks'], [cluster.taskArns(stack)]);
  allow(['sweep'], ['ecs:ListTasks'], ['*']); // Listing takes no task; the cluster stands in its condition on the API side.
  // A termination message may be the end of the log.
  allow(
    ['api', 'sync'],
    ['logs:GetLogEvents'],
    [cluster.logGroup.logGroupArn, `${cluster.logGroup.logGroupArn}:*`],
  );
}

/** Images of ECR, and the pull secrets that tasks read. */
function grantImages(stack: Stack, allow: Allow, { cluster }: Granted): void {
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
}

function grantSweepRule(stack: Stack, allow: Allow, { sweepRuleName }: Granted): void {
  const rule = stack.formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: sweepRuleName,
  });
  allow(['api', 'sweep'], ['events:EnableRule'], [rule]);
  allow(['sweep'], ['events:DisableRule'], [rule]);
}
