// The AWS calls of `droppod verify-aws`: tasks, executions, rules and logs of a deployment.
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  SFNClient,
  paginateGetExecutionHistory,
} from '@aws-sdk/client-sfn';
import { roleEvidence, type RoleEvidence } from './role-evidence.ts';
import { present } from '../../present.ts';

export interface SeenTask {
  arn: string;
  definition: string;
  lastStatus: string;
  stopCode: string | undefined;
  address: string | undefined;
  /** How long pulling the images took, in ms; undefined: not reported by ECS. */
  pulledMs: number | undefined;
  exitCodes: ReadonlyMap<string, number | undefined>;
}

interface SeenLine {
  message: string;
  at: number;
  /** From writing the line until it could be read. */
  delayMs: number;
}

/** A second RunTask with the client token of the first. */
interface Repeat {
  cluster: string;
  definition: string;
  clientToken: string;
  subnets: string[];
  securityGroups: string[];
}

/** Refusals are thrown as AWS reports them. */
export interface AwsEvidence extends RoleEvidence {
  /** ARNs of the tasks started by `startedBy`, stopped ones too. */
  tasksBy(cluster: string, startedBy: string): Promise<string[]>;
  /** undefined: ECS does not know it. */
  task(cluster: string, arn: string): Promise<SeenTask | undefined>;
  stopTask(cluster: string, arn: string): Promise<void>;
  /** RunTask under a token that is in use, with other parameters. Answers the ARNs that the conflict names, or those of the tasks that it started. */
  runAgain(repeat: Repeat): Promise<{ conflict: string[] } | { started: string[] }>;
  /** Status and event types of the history. */
  execution(arn: string): Promise<{ status: string; events: string[] }>;
  ruleIsOn(name: string): Promise<boolean>;
  /** Status of the table's TTL, and its attribute. */
  timeToLive(table: string): Promise<{ status: string; attribute: string | undefined }>;
  /** A function's variables. */
  variables(functionName: string): Promise<ReadonlyMap<string, string>>;
  /** Lines of a log group since a time; undefined: there is no such group. */
  lines(group: string, since: number, stream?: string): Promise<SeenLine[] | undefined>;
}

/** With the environment's credentials, as the SDK finds them. */
export function connectEvidence(region: string): AwsEvidence {
  const options = { region, maxAttempts: 5 };
  return {
    ...taskEvidence(new ECSClient(options)),
    ...otherEvidence(options),
    lines: linesOf(new CloudWatchLogsClient(options)),
    ...roleEvidence(options),
  };
}

type Tasks = Pick<AwsEvidence, 'tasksBy' | 'task' | 'stopTask' | 'runAgain'>;

function taskEvidence(ecs: ECSClient): Tasks {
  return {
    tasksBy: async (cluster, startedBy) => {
      const found: string[] = [];
      for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
        const page = await ecs.send(new ListTasksCommand({ cluster, startedBy, desiredStatus }));
        found.push(...(page.taskArns ?? []));
      }
      return found;
    },
    task: async (cluster, arn) => {
      const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
      return tasks?.[0] && toSeen(tasks[0]);
    },
    stopTask: async (cluster, task) => {
      await ecs.send(new StopTaskCommand({ cluster, task, reason: 'droppod verify-aws' }));
    },
    runAgain: async ({ cluster, definition, clientToken, subnets, securityGroups }) => {
      try {
        const { tasks = [] } = await ecs.send(
          new RunTaskCommand({
            cluster,
            taskDefinition: definition,
            clientToken,
            launchType: 'FARGATE',
            group: 'droppod-verify',
            networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
          }),
        );
        return { started: tasks.flatMap(({ taskArn }) => taskArn ?? []) };
      } catch (error) {
        const { name, resourceIds } = error as { name?: string; resourceIds?: string[] };
        if (name !== 'ConflictException') throw error;
        return { conflict: resourceIds ?? [] };
      }
    },
  };
}

function toSeen(task: Task): SeenTask {
  const details = (task.attachments ?? []).flatMap((attachment) => attachment.details ?? []);
  const { pullStartedAt, pullStoppedAt } = task;
  return {
    arn: task.taskArn ?? '',
    definition: task.taskDefinitionArn ?? '',
    lastStatus: task.lastStatus ?? '',
    stopCode: task.stopCode,
    address: details.find(({ name }) => name === 'privateIPv4Address')?.value,
    pulledMs:
      pullStartedAt && pullStoppedAt
        ? pullStoppedAt.getTime() - pullStartedAt.getTime()
        : undefined,
    exitCodes: new Map(
      (task.containers ?? []).map(({ name = '', exitCode }) => [name, exitCode] as const),
    ),
  };
}

type Others = Pick<AwsEvidence, 'execution' | 'ruleIsOn' | 'timeToLive' | 'variables'>;

function otherEvidence(options: { region: string; maxAttempts: number }): Others {
  const sfn = new SFNClient(options);
  return {
    execution: async (executionArn) => {
      const { status = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      const events: string[] = [];
      const pages = paginateGetExecutionHistory({ client: sfn }, { executionArn });
      for await (const page of pages)
        events.push(...(page.events ?? []).map(({ type }) => type ?? ''));
      return { status, events };
    },
    ruleIsOn: async (Name) =>
      (await new EventBridgeClient(options).send(new DescribeRuleCommand({ Name }))).State ===
      'ENABLED',
    timeToLive: async (TableName) => {
      const { TimeToLiveDescription: found } = await new DynamoDBClient(options).send(
        new DescribeTimeToLiveCommand({ TableName }),
      );
      return { status: found?.TimeToLiveStatus ?? '', attribute: found?.AttributeName };
    },
    variables: async (FunctionName) => {
      const { Environment } = await new LambdaClient(options).send(
        new GetFunctionConfigurationCommand({ FunctionName }),
      );
      return new Map(Object.entries(Environment?.Variables ?? {}));
    },
  };
}

function linesOf(client: CloudWatchLogsClient): AwsEvidence['lines'] {
  return async (logGroupName, startTime, stream) => {
    const found: SeenLine[] = [];
    const pages = paginateFilterLogEvents(
      { client },
      {
        logGroupName,
        startTime,
        ...present({ logStreamNames: stream === undefined ? undefined : [stream] }),
      },
    );
    try {
      for await (const { events = [] } of pages)
        for (const { message = '', timestamp: at = 0, ingestionTime = at } of events)
          found.push({ message, at, delayMs: ingestionTime - at });
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
    return found;
  };
}
