// FilterLogEvents: lines of several streams of a group by time; filter patterns are refused.
import type { Json } from '../../states/json.ts';
import { asInput, number, refuseOthers, text, texts } from '../input.ts';
import {
  checkGroup,
  eventsOf,
  streamNamed,
  streamsOf,
  type LogStream,
  type LogsContext,
} from './context.ts';

const MAX_EVENTS = 10_000;

export async function filterLogEvents(context: LogsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, [
    'logGroupName',
    'logStreamNames',
    'logStreamNamePrefix',
    'startTime',
    'endTime',
    'limit',
    'nextToken',
    'interleaved',
  ]);
  const group = text(input, 'logGroupName') ?? '';
  checkGroup(context, group);
  const names = texts(input, 'logStreamNames');
  const prefix = text(input, 'logStreamNamePrefix') ?? '';
  const streams = names
    ? await Promise.all(names.map((name) => streamNamed(context, group, name)))
    : streamsOf(context, group).filter(({ name }) => name.startsWith(prefix));
  const all = (
    await Promise.all(
      streams.map((stream) =>
        events(context, stream, {
          startTime: number(input, 'startTime'),
          endTime: number(input, 'endTime'),
        }),
      ),
    )
  ).flat();
  all.sort((a, b) => a.timestamp - b.timestamp);
  const start = Number(text(input, 'nextToken') ?? 0);
  const end = start + Math.min(number(input, 'limit') ?? MAX_EVENTS, MAX_EVENTS);
  return {
    events: all.slice(start, end),
    searchedLogStreams: [],
    nextToken: end < all.length ? String(end) : undefined,
  };
}

interface FilteredEvent {
  [key: string]: Json;
  timestamp: number;
}

async function events(
  context: LogsContext,
  stream: LogStream,
  range: { startTime: number | undefined; endTime: number | undefined },
): Promise<FilteredEvent[]> {
  const now = context.agent.clock.now().getTime();
  return (await eventsOf(context, stream, range)).map(({ timestamp, message }, i) => ({
    logStreamName: stream.name,
    timestamp,
    message,
    ingestionTime: now,
    eventId: `${stream.taskId}-${stream.container}-${i}`,
  }));
}
