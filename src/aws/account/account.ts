// An AWS account as deploy and destroy see it: its prerequisites, the stack, and what runs in it.
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import {
  DescribeTasksCommand,
  ECSClient,
  StopTaskCommand,
  paginateListTasks,
} from '@aws-sdk/client-ecs';
import { CreateServiceLinkedRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import {
  DeleteSecretCommand,
  SecretsManagerClient,
  paginateListSecrets,
} from '@aws-sdk/client-secrets-manager';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SFNClient, StopExecutionCommand, paginateListExecutions } from '@aws-sdk/client-sfn';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { pullSecretPrefix } from '../config.ts';

export interface StackFacts {
  /** ARN, which identifies the stack even after its deletion. */
  id: string;
  /** CloudFormation's status word. */
  status: string;
  outputs: ReadonlyMap<string, string>;
}

export interface StackEvent {
  id: string;
  at: Date;
  resource: string;
  /** What AWS calls it. */
  physicalId: string;
  status: string;
  reason: string | undefined;
}

export interface StackResource {
  /** `AWS::Lambda::Function` … */
  type: string;
  /** Name or ARN, as AWS knows it. */
  id: string;
}

/** Calls to one account and region. Missing permissions are thrown as AWS reports them. */
export interface Account {
  region: string;
  /** Who calls. */
  identity(): Promise<{ account: string; arn: string }>;
  /** Version of CDK's bootstrap stack; undefined: there is none. */
  bootstrapVersion(): Promise<number | undefined>;
  /** Whether ECS has its service-linked role, without which the first task cannot be started. */
  hasEcsRole(): Promise<boolean>;
  /** Creates it; not an error if it exists. */
  makeEcsRole(): Promise<void>;
  /** The limit of concurrent function executions. */
  lambdaConcurrency(): Promise<number | undefined>;
  /** Fargate's vCPU quota; undefined: the account has none of its own, and AWS's default applies. */
  fargateVcpus(capacity: 'on-demand' | 'spot'): Promise<number | undefined>;
  stack(name: string): Promise<StackFacts | undefined>;
  /** Events of a stack, oldest first. A deleted stack is found only by its id. */
  stackEvents(name: string): Promise<StackEvent[]>;
  stackResources(name: string): Promise<StackResource[]>;
  deleteStack(name: string): Promise<void>;
  /** Keeps a function from being invoked at all. */
  silence(functionName: string): Promise<void>;
  /** Reverts `silence`; a concurrency that somebody else reserved stays. */
  unsilence(functionName: string): Promise<void>;
  runningExecutions(machineArn: string): Promise<string[]>;
  stopExecution(arn: string): Promise<void>;
  /** Tasks of a cluster that are not STOPPED. */
  livingTasks(cluster: string): Promise<string[]>;
  stopTask(cluster: string, arn: string): Promise<void>;
  /** Deletes the cluster's pull secrets, which cost by the month; returns how many. */
  deletePullSecrets(cluster: string): Promise<number>;
}

const QUOTAS = { 'on-demand': 'L-3032A538', spot: 'L-36FBB829' } as const;
const BOOTSTRAP = '/cdk-bootstrap/hnb659fds/version';
const ECS_ROLE = 'AWSServiceRoleForECS';
/** The limit of DescribeTasks. */
const PAGE = 100;

const named =
  (...names: string[]) =>
  (error: unknown): undefined => {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  };

/** The region of the environment or the profile; undefined: none is set. */
export const findRegion = (): Promise<string | undefined> =>
  new STSClient({}).config.region().catch(() => undefined);

/** The account of the environment's credentials (profile, variables, instance), as the SDK finds them. */
export function connectAccount(region: string): Account {
  const options = { region, maxAttempts: 5 };
  return {
    region,
    ...needs(options),
    ...stacks(new CloudFormationClient(options)),
    ...running(options),
  };
}

type Options = { region: string; maxAttempts: number };
type Needs = Pick<
  Account,
  | 'identity'
  | 'bootstrapVersion'
  | 'hasEcsRole'
  | 'makeEcsRole'
  | 'lambdaConcurrency'
  | 'fargateVcpus'
>;

function needs(options: Options): Needs {
  const iam = new IAMClient(options);
  return {
    identity: async () => {
      const { Account: account = '', Arn: arn = '' } = await new STSClient(options).send(
        new GetCallerIdentityCommand({}),
      );
      return { account, arn };
    },
    bootstrapVersion: async () => {
      const answer = await new SSMClient(options)
        .send(new GetParameterCommand({ Name: BOOTSTRAP }))
        .catch(named('ParameterNotFound'));
      return answer === undefined ? undefined : Number(answer.Parameter?.Value);
    },
    hasEcsRole: async () =>
      (await iam
        .send(new GetRoleCommand({ RoleName: ECS_ROLE }))
        .catch(named('NoSuchEntityException'))) !== undefined,
    makeEcsRole: async () => {
      await iam
        .send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' }))
        .catch((error: unknown) => {
          // IAM reports it in two ways, one of them as a generic InvalidInputException.
          if (!(error instanceof Error && /already exists|has been taken/.test(error.message)))
            throw error;
        });
    },
    lambdaConcurrency: async () =>
      (await new LambdaClient(options).send(new GetAccountSettingsCommand({}))).AccountLimit
        ?.ConcurrentExecutions,
    fargateVcpus: async (capacity) => {
      const quota = new GetServiceQuotaCommand({
        ServiceCode: 'fargate',
        QuotaCode: QUOTAS[capacity],
      });
      const answer = await new ServiceQuotasClient(options)
        .send(quota)
        .catch(named('NoSuchResourceException'));
      return answer?.Quota?.Value;
    },
  };
}

type Stacks = Pick<Account, 'stack' | 'stackEvents' | 'stackResources' | 'deleteStack'>;

function stacks(client: CloudFormationClient): Stacks {
  return {
    stack: async (name) => {
      // An unknown stack is a generic ValidationError, recognisable only by its text.
      const answer = await client
        .send(new DescribeStacksCommand({ StackName: name }))
        .catch((error: unknown) => {
          if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
          throw error;
        });
      const found = answer?.Stacks?.[0];
      if (found === undefined) return undefined;
      const outputs = (found.Outputs ?? []).map(
        ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
      );
      return {
        id: found.StackId ?? name,
        status: found.StackStatus ?? '',
        outputs: new Map(outputs),
      };
    },
    stackEvents: async (name) => {
      const events: StackEvent[] = [];
      const pages = paginateDescribeStackEvents({ client }, { StackName: name });
      for await (const { StackEvents = [] } of pages)
        for (const event of StackEvents)
          events.push({
            id: event.EventId ?? '',
            at: event.Timestamp ?? new Date(0),
            resource: event.LogicalResourceId ?? '',
            physicalId: event.PhysicalResourceId ?? '',
            status: event.ResourceStatus ?? '',
            reason: event.ResourceStatusReason,
          });
      return events.reverse();
    },
    stackResources: async (name) => {
      const resources: StackResource[] = [];
      const pages = paginateListStackResources({ client }, { StackName: name });
      for await (const { StackResourceSummaries = [] } of pages)
        for (const {
          ResourceType: type = '',
          PhysicalResourceId: id = '',
        } of StackResourceSummaries)
          if (id !== '') resources.push({ type, id });
      return resources;
    },
    deleteStack: async (name) => {
      await client.send(new DeleteStackCommand({ StackName: name }));
    },
  };
}

type Running = Pick<
  Account,
  | 'silence'
  | 'unsilence'
  | 'runningExecutions'
  | 'stopExecution'
  | 'livingTasks'
  | 'stopTask'
  | 'deletePullSecrets'
>;

function running(options: Options): Running {
  const [ecs, sfn] = [new ECSClient(options), new SFNClient(options)];
  const lambda = new LambdaClient(options);
  return {
    silence: async (functionName) => {
      await lambda
        .send(
          new PutFunctionConcurrencyCommand({
            FunctionName: functionName,
            ReservedConcurrentExecutions: 0,
          }),
        )
        .catch(named('ResourceNotFoundException'));
    },
    unsilence: async (FunctionName) => {
      const { ReservedConcurrentExecutions } = await lambda.send(
        new GetFunctionConcurrencyCommand({ FunctionName }),
      );
      if (ReservedConcurrentExecutions === 0)
        await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
    },
    runningExecutions: async (stateMachineArn) => {
      const arns: string[] = [];
      const pages = paginateListExecutions(
        { client: sfn },
        { stateMachineArn, statusFilter: 'RUNNING' },
      );
      for await (const { executions = [] } of pages)
        arns.push(...executions.flatMap(({ executionArn }) => executionArn ?? []));
      return arns;
    },
    stopExecution: async (executionArn) => {
      await sfn
        .send(new StopExecutionCommand({ executionArn, cause: 'droppod destroy' }))
        .catch(named('ExecutionDoesNotExist'));
    },
    livingTasks: (cluster) => livingTasks(ecs, cluster),
    stopTask: async (cluster, task) => {
      await ecs
        .send(new StopTaskCommand({ cluster, task, reason: 'droppod destroy' }))
        .catch(named('InvalidParameterException'));
    },
    deletePullSecrets: (cluster) =>
      deleteSecrets(new SecretsManagerClient(options), pullSecretPrefix(cluster)),
  };
}

/** A task that was asked to stop is listed as STOPPED at once, but bills until it has stopped. */
async function livingTasks(client: ECSClient, cluster: string): Promise<string[]> {
  const listed: string[] = [];
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const)
    for await (const { taskArns = [] } of paginateListTasks({ client }, { cluster, desiredStatus }))
      listed.push(...taskArns);
  const living: string[] = [];
  for (let at = 0; at < listed.length; at += PAGE) {
    const { tasks = [] } = await client.send(
      new DescribeTasksCommand({ cluster, tasks: listed.slice(at, at + PAGE) }),
    );
    for (const { taskArn, lastStatus } of tasks)
      if (taskArn !== undefined && lastStatus !== 'STOPPED') living.push(taskArn);
  }
  return living;
}

async function deleteSecrets(client: SecretsManagerClient, prefix: string): Promise<number> {
  let deleted = 0;
  const pages = paginateListSecrets({ client }, { Filters: [{ Key: 'name', Values: [prefix] }] });
  for await (const { SecretList = [] } of pages)
    for (const { ARN, Name = '' } of SecretList) {
      // The filter matches prefixes of words, in any case.
      if (ARN === undefined || !Name.startsWith(prefix)) continue;
      await client.send(
        new DeleteSecretCommand({ SecretId: ARN, ForceDeleteWithoutRecovery: true }),
      );
      deleted += 1;
    }
  return deleted;
}
