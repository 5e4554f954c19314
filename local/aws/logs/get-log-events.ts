// GetLogEvents: one stream, forwards from its head or backwards from its tail. Tokens are positions: `f/<n>`, `b/<n>`.
import type { Json } from '../../states/json.ts';
import { asInput, flag, number, refuseOthers, text } from '../input.ts';
import { AwsError } from '../protocol.ts';
import { checkGroup, eventsOf, streamNamed, type LogsContext } from './context.ts';

const MAX_EVENTS = 10_000;

export async function getLogEvents(context: LogsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, [
    'logGroupName',
    'logStreamName',
    'startTime',
    'endTime',
    'nextToken',
    'limit',
    'startFromHead',
  ]);
  const group = text(input, 'logGroupName') ?? '';
  checkGroup(context, group);
  const stream = await streamNamed(context, group, text(input, 'logStreamName') ?? '');
  const events = await eventsOf(context, stream, {
    startTime: number(input, 'startTime'),
    endTime: number(input, 'endTime'),
  });
  const limit = Math.min(number(input, 'limit') ?? MAX_EVENTS, MAX_EVENTS);
  const { start, end } = window(text(input, 'nextToken'), {
    limit,
    total: events.length,
    fromHead: flag(input, 'startFromHead') ?? false,
  });
  const now = context.agent.clock.now().getTime();
  return {
    events: events
      .slice(start, end)
      .map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: now })),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: `b/${start}`,
  };
}

function window(
  token: string | undefined,
  { limit, total, fromHead }: { limit: number; total: number; fromHead: boolean },
): { start: number; end: number } {
  if (token === undefined)
    return fromHead
      ? { start: 0, end: Math.min(limit, total) }
      : { start: Math.max(0, total - limit), end: total };
  const [, direction, position] = /^([fb])\/(\d+)$/.exec(token) ?? [];
  if (position === undefined)
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  const at = Math.min(Number(position), total);
  return direction === 'f'
    ? { start: at, end: Math.min(at + limit, total) }
    : { start: Math.max(0, at - limit), end: at };
}
