// What the operations of the CloudWatch Logs endpoint share: log groups, and streams as names of task containers.
import type { Agent } from '../../agent/agent.ts';
import { readLogs } from '../../agent/logs/read-logs.ts';
import { listLogCopies } from '../../agent/logs/log-copy.ts';
import type { LogLine } from '../../docker/logs.ts';
import { AwsError } from '../protocol.ts';

export interface LogsContext {
  agent: Agent;
  account: string;
  region: string;
}

/** `<prefix>/<container>/<task-id>`, as the awslogs driver names them. */
export interface LogStream {
  name: string;
  taskId: string;
  container: string;
  createdAt?: number;
}

/** A line as CloudWatch Logs keeps it. */
export interface LogEvent {
  timestamp: number;
  message: string;
}

/** Refuses a group that neither was created nor is named by a task definition. */
export function checkGroup({ agent }: LogsContext, group: string): void {
  const used = [...agent.book.definitions.values()].some(({ containerDefinitions }) =>
    containerDefinitions.some(
      ({ logConfiguration }) => logConfiguration?.options?.['awslogs-group'] === group,
    ),
  );
  if (!used && !agent.book.logGroups.has(group))
    throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
}

/** Streams of the group whose tasks are still described, by name. */
export function streamsOf({ agent }: LogsContext, group: string): LogStream[] {
  const streams = [...agent.book.tasks.values()].flatMap((task) =>
    agent.book
      .definitionOf(task)
      .containerDefinitions.flatMap(({ name, logConfiguration }): LogStream[] => {
        const options = logConfiguration?.options ?? {};
        const prefix = options['awslogs-stream-prefix'];
        if (options['awslogs-group'] !== group || prefix === undefined) return [];
        return [
          {
            name: `${prefix}/${name}/${task.id}`,
            taskId: task.id,
            container: name,
            createdAt: Date.parse(task.createdAt),
          },
        ];
      }),
  );
  return streams.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The stream of that name; its task may be long forgotten, as long as its log is kept. */
export async function streamNamed(
  context: LogsContext,
  group: string,
  name: string,
): Promise<LogStream> {
  const described = streamsOf(context, group).find((stream) => stream.name === name);
  if (described) return described;
  const [taskId = '', container = ''] = name.split('/').reverse();
  const kept = (await listLogCopies(context.agent.logDirectory)).some(
    (copy) => copy.taskId === taskId && copy.container === container,
  );
  if (!kept)
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  return { name, taskId, container };
}

/** All lines of a stream within [startTime, endTime), in ms. */
export async function eventsOf(
  { agent }: LogsContext,
  stream: LogStream,
  range: { startTime?: number | undefined; endTime?: number | undefined },
): Promise<LogEvent[]> {
  const taskArn =
    [...agent.book.tasks.values()].find(({ id }) => id === stream.taskId)?.taskArn ?? stream.taskId;
  const events: LogEvent[] = [];
  for await (const line of readLogs(agent, { taskArn, container: stream.container })) {
    const event = toEvent(line);
    if (event.timestamp >= (range.startTime ?? 0) && event.timestamp < (range.endTime ?? Infinity))
      events.push(event);
  }
  return events;
}

function toEvent({ time, bytes }: LogLine): LogEvent {
  return {
    timestamp: Date.parse(time),
    message: Buffer.from(bytes)
      .toString('utf8')
      .replace(/\r?\n$/, ''),
  };
}
