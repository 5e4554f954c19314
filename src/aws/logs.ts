// The Logs port on CloudWatch Logs. Best effort: awslogs delivers whole lines without their stream, so all count as stdout.
import type { CloudWatchLogsClient, OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../ports/clock.ts';
import type { TaskArn } from '../ports/identity.ts';
import type { LogLine, Logs } from '../ports/logs.ts';
import type { Tasks } from '../ports/tasks.ts';
import { LOG_STREAM_PREFIX } from '../fargate/podlet-definition.ts';
import { present } from '../present.ts';

/** Polling interval while following. */
const FOLLOW_MS = 1_000;

interface Source {
  client: CloudWatchLogsClient;
  clock: Clock;
  logGroup: string;
  tasks: Pick<Tasks, 'describe'>;
}

/** Reads the stream `<prefix>/<container>/<task id>`; a stream that does not exist yet is empty. */
export function awsLogs({ client, clock, logGroup, tasks }: Source): Logs {
  return {
    async *read({ taskArn, container, follow, since }, signal) {
      const logStreamName = `${LOG_STREAM_PREFIX}/${container}/${taskArn.replace(/^.*\//, '')}`;
      let nextToken: string | undefined;
      let ended = !follow;
      while (!signal?.aborted) {
        const growing = !ended && (await mayGrow(tasks, taskArn, container));
        for (;;) {
          const page = await readPage(client, {
            logGroupName: logGroup,
            logStreamName,
            nextToken,
            since,
          });
          for (const event of page.events) yield toLine(event);
          // A repeated token marks the current end.
          if (page.nextToken === undefined || page.nextToken === nextToken) break;
          nextToken = page.nextToken;
        }
        if (ended) return;
        ended = !growing;
        await clock.sleep(FOLLOW_MS, signal);
      }
    },
  };
}

/** Whether the container may still write; a task that ECS has forgotten does not. */
async function mayGrow(
  tasks: Pick<Tasks, 'describe'>,
  taskArn: TaskArn,
  name: string,
): Promise<boolean> {
  const task = await tasks.describe(taskArn);
  const container = task?.containers.find((one) => one.name === name);
  return task !== undefined && task.lastStatus !== 'STOPPED' && container?.lastStatus !== 'STOPPED';
}

interface Page {
  logGroupName: string;
  logStreamName: string;
  nextToken: string | undefined;
  since: Date | undefined;
}

async function readPage(
  client: CloudWatchLogsClient,
  { logGroupName, logStreamName, nextToken, since }: Page,
): Promise<{ events: OutputLogEvent[]; nextToken: string | undefined }> {
  try {
    const page = await client.send(
      new GetLogEventsCommand({
        logGroupName,
        logStreamName,
        startFromHead: true,
        ...present({ nextToken, startTime: since ? since.getTime() : undefined }),
      }),
    );
    return { events: page.events ?? [], nextToken: page.nextForwardToken };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException')
      return { events: [], nextToken: undefined };
    throw error;
  }
}

const toLine = ({ timestamp, message }: OutputLogEvent): LogLine => ({
  time: new Date(timestamp ?? 0).toISOString(),
  stream: 'stdout',
  merged: true,
  bytes: Buffer.from(`${message ?? ''}\n`),
});
