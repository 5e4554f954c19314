// The Logs port on CloudWatch Logs. Best effort: awslogs delivers whole lines without their stream, so all count as stdout.
import type {
  CloudWatchLogsClient,
  GetLogEventsCommandInput,
  OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { Unavailable } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogLine, Logs } from '../ports/logs.ts';
import { LOG_STREAM_PREFIX } from '../fargate/podlet-definition.ts';
import { present } from '../present.ts';
import { LOGS_LATE_MS } from './logs-late-ms.ts';
import { toUnavailable } from './unavailable.ts';

/** Polling interval while following: GetLogEvents has a quota of 25 a second for all of an account. */
const FOLLOW_MS = 2_000;

/** CloudWatch's limit of events in one answer: more last lines than these are read from the beginning. */
const MOST_EVENTS = 10_000;

interface Source {
  client: CloudWatchLogsClient;
  clock: Clock;
  logGroup: string;
}

/** Reads the stream `<prefix>/<container>/<task id>`; a stream that does not exist yet is empty. A followed one ends with its signal alone. */
export function awsLogs({ client, clock, logGroup }: Source): Logs {
  return {
    lateMs: LOGS_LATE_MS,
    async *read({ taskArn, container, follow, since, tail }, signal) {
      const logStreamName = `${LOG_STREAM_PREFIX}/${container}/${taskArn.replace(/^.*\//, '')}`;
      const read = (query: Query): Promise<Page> =>
        readPage(client, {
          logGroupName: logGroup,
          logStreamName,
          ...present({ startTime: since?.getTime() }),
          ...query,
        });
      if (follow) yield* followed(read, clock, signal);
      else if (tail !== undefined && tail <= MOST_EVENTS)
        yield* (await last(read, tail)).map(toLine);
      else yield* all(read);
    },
  };
}

interface Query {
  startFromHead: boolean;
  nextToken?: string | undefined;
  limit?: number;
}

interface Page {
  events: OutputLogEvent[];
  forward: string | undefined;
  backward: string | undefined;
}

type Read = (query: Query) => Promise<Page>;

async function* all(read: Read): AsyncGenerator<LogLine> {
  let nextToken: string | undefined;
  for (;;) {
    const { events, forward } = await read({ startFromHead: true, nextToken });
    yield* events.map(toLine);
    // A repeated token marks the current end.
    if (forward === undefined || forward === nextToken) return;
    nextToken = forward;
  }
}

/** One call a look, whatever it brings. */
async function* followed(
  read: Read,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogLine> {
  let nextToken: string | undefined;
  while (!signal?.aborted) {
    try {
      const { events, forward } = await read({ startFromHead: true, nextToken });
      nextToken = forward ?? nextToken;
      yield* events.map(toLine);
    } catch (error) {
      // Many followers share one quota: whoever is throttled only gets its lines later.
      if (!(toUnavailable(error) instanceof Unavailable)) throw error;
    }
    await clock.sleep(FOLLOW_MS, signal);
  }
}

async function last(read: Read, count: number): Promise<OutputLogEvent[]> {
  const pages: OutputLogEvent[][] = [];
  let nextToken: string | undefined;
  for (let found = 0; found < count;) {
    const page = await read({ startFromHead: false, nextToken, limit: count });
    pages.unshift(page.events);
    found += page.events.length;
    if (page.backward === undefined || page.backward === nextToken) break;
    nextToken = page.backward;
  }
  return pages.flat().slice(-count);
}

async function readPage(
  client: CloudWatchLogsClient,
  input: GetLogEventsCommandInput,
): Promise<Page> {
  try {
    const { events, nextForwardToken, nextBackwardToken } = await client.send(
      new GetLogEventsCommand(input),
    );
    return { events: events ?? [], forward: nextForwardToken, backward: nextBackwardToken };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException')
      return { events: [], forward: undefined, backward: undefined };
    throw error;
  }
}

const toLine = ({ timestamp, message }: OutputLogEvent): LogLine => ({
  time: new Date(timestamp ?? 0).toISOString(),
  stream: 'stdout',
  merged: true,
  bytes: Buffer.from(`${message ?? ''}\n`),
});
