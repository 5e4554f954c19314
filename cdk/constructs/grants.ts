// Least privilege: the permissions of each function, by resource.
// See docs/design/security.md.
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { pullSecretPrefix } from '../../src/aws/config.ts';
import type { Choices } from '../choices.ts';
import type { Cluster } from './cluster.ts';
import { FUNCTIONS, HOLDERS_OF_KEYS, type FunctionName, type Functions } from './functions.ts';
import type { DueTimes } from './stream.ts';

interface Granted {
  table: TableV2;
  cluster: Cluster;
  machineName: string;
  functions: Functions;
  sweepRuleName: string;
  dueTimes: DueTimes;
  mirrors: Choices['mirrors'];
}

const TABLE_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
];

/** Grants actions on resources to functions. */
type Allow = (
  names: readonly FunctionName[],
  actions: string[],
  resources: string[],
  conditions?: Conditions,
) => void;

type Conditions = Record<string, Record<string, string | string[]>>;

/** Whatever settles a pod takes every step that is due (src/steps/settle/settle.ts). */
const SETTLING: FunctionName[] = ['api', 'sync', 'finish-pod', 'observe', 'sweep', 'reconcile'];

/** Gives every function the permissions of its step and nothing else. */
export function grantLeast(scope: Construct, granted: Granted): void {
  const { table, functions } = granted;
  const stack = Stack.of(scope);
  const allow: Allow = (names, actions, resources, conditions = {}) => {
    for (const name of names)
      functions.all[name]?.addToRolePolicy(new PolicyStatement({ actions, resources, conditions }));
  };
  allow(FUNCTIONS, TABLE_ACTIONS, [table.tableArn]);
  denyPartitions(granted);
  grantExecutions(stack, allow, granted);
  grantTasks(stack, allow, granted);
  grantImages(stack, allow, granted);
  grantMirrors(stack, allow, granted);
  grantSweepRule(stack, allow, granted);
  grantStream(stack, allow, granted);
}

/** The functions that read secrets for pods and their images, or empty a namespace. */
const HOLDERS_OF_SECRETS: readonly FunctionName[] = [
  'api',
  'watch',
  'sync',
  'bind-pod',
  'sweep',
  'reconcile',
];

/** The partitions of keys (src/store/ensure-key.ts, src/auth/signing-keys.ts), secrets and known images (src/store/layout.ts), and who may use them. */
const CLOSED: readonly { partitions: string[]; holders: readonly FunctionName[] }[] = [
  { partitions: ['r/key'], holders: HOLDERS_OF_KEYS },
  { partitions: ['r/pull-key'], holders: ['bind-pod'] },
  { partitions: ['o/secrets', 's/*'], holders: HOLDERS_OF_SECRETS },
  { partitions: ['i/*'], holders: ['bind-pod'] },
];

/** A denial, since there are many other partitions. It does not cover requests that name no partition, and none of those is allowed. */
function denyPartitions({ table, functions }: Granted): void {
  for (const name of FUNCTIONS) {
    const closed = CLOSED.filter(({ holders }) => !holders.includes(name)).flatMap(
      ({ partitions }) => partitions,
    );
    functions.all[name]?.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: TABLE_ACTIONS,
        resources: [table.tableArn],
        conditions: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': closed } },
      }),
    );
  }
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
  const definitions = stack.formatArn({
    service: 'ecs',
    resource: 'task-definition',
    resourceName: 'droppod-*',
  });
  const inCluster = { ArnEquals: { 'ecs:cluster': cluster.arn } };
  allow(['bind-pod'], ['ecs:RegisterTaskDefinition'], [definitions]);
  allow(['bind-pod'], ['ecs:DescribeTaskDefinition'], ['*']); // Supports no resource.
  allow(['launch-pod'], ['ecs:RunTask'], [definitions], inCluster);
  allow(['launch-pod'], ['ecs:TagResource'], [cluster.taskArns(stack)], {
    StringEquals: { 'ecs:CreateAction': 'RunTask' },
  });
  allow(['bind-pod', 'launch-pod'], ['iam:PassRole'], [cluster.executionRole.roleArn], {
    StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
  });
  allow([...SETTLING, 'launch-pod'], ['ecs:StopTask'], [cluster.taskArns(stack)]);
  // A pod's address is in ECS's description of its task, read once when the task change has not arrived before the first report.
  allow(['sync', 'sweep'], ['ecs:DescribeTasks'], [cluster.taskArns(stack)]);
  allow(['sweep'], ['ecs:ListTasks'], ['*'], inCluster); // Its resource would be a container instance, which Fargate does not have.
  // A termination message may be the end of the log.
  allow(['api', 'watch', 'sync'], ['logs:GetLogEvents'], [cluster.logGroup.logGroupArn]);
}

/** Images in ECR, and the pull secrets that tasks read. */
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
  allow(['sweep'], ['secretsmanager:ListSecrets'], ['*']); // Listing supports no resource.
  cluster.executionRole.addToPolicy(
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [pullSecrets] }),
  );
  grantPulls(stack, cluster);
  allow(['bind-pod'], ['ecr:GetAuthorizationToken'], ['*']); // The token is for the whole registry.
  allow(
    ['bind-pod'],
    ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    [stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: '*' })],
  );
}

const ECR_HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\./;

/** A pull-through cache of ECR brings an image, and its repository, at the first pull by whoever pulls. */
function grantMirrors(stack: Stack, allow: Allow, { cluster, mirrors }: Granted): void {
  for (const place of Object.values(mirrors)) {
    const [host = '', ...path] = place.split('/');
    const [, account, region] = ECR_HOST.exec(host) ?? [];
    if (account === undefined || region === undefined) continue;
    const resourceName = [...path, '*'].join('/');
    const repositories = [
      stack.formatArn({ service: 'ecr', region, account, resource: 'repository', resourceName }),
    ];
    const bringing = ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'];
    const reading = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
    allow(['bind-pod'], [...bringing, ...reading], repositories);
    cluster.executionRole.addToPolicy(
      new PolicyStatement({ actions: bringing, resources: repositories }),
    );
  }
}

/** The images that tasks pull: another account's repository also needs a policy that lets them. */
function grantPulls(stack: Stack, { executionRole }: Cluster): void {
  const repositories = stack.formatArn({
    service: 'ecr',
    region: '*',
    account: '*',
    resource: 'repository',
    resourceName: '*',
  });
  const actions = [
    'ecr:BatchCheckLayerAvailability',
    'ecr:BatchGetImage',
    'ecr:GetDownloadUrlForLayer',
  ];
  executionRole.addToPolicy(new PolicyStatement({ actions, resources: [repositories] }));
  const token = { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] };
  executionRole.addToPolicy(new PolicyStatement(token));
}

function grantSweepRule(stack: Stack, allow: Allow, { sweepRuleName }: Granted): void {
  const rule = stack.formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: sweepRuleName,
  });
  allow(['api', 'sweep', 'reconcile'], ['events:EnableRule'], [rule]);
  allow(['sweep'], ['events:DisableRule'], [rule]);
}

/** The controllers: the stream that wakes them, and the schedules with which they wake themselves. */
function grantStream(stack: Stack, allow: Allow, { table, dueTimes }: Granted): void {
  allow(
    ['reconcile'],
    ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    [table.tableStreamArn ?? ''],
  );
  allow(['reconcile'], ['dynamodb:ListStreams'], ['*']); // Supports no resource.
  const schedules = stack.formatArn({
    service: 'scheduler',
    resource: 'schedule',
    resourceName: `${dueTimes.group}/*`,
  });
  allow(['reconcile'], ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule'], [schedules]);
  allow(['reconcile'], ['iam:PassRole'], [dueTimes.role.roleArn], {
    StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
  });
}
