// DescribeLogStreams: streams of tasks that are still described, by name, in pages.
import type { Json } from '../../states/json.ts';
import { asInput, flag, number, refuseOthers, text } from '../input.ts';
import { checkGroup, streamsOf, type LogsContext } from './context.ts';

const MAX_STREAMS = 50;

export async function describeLogStreams(context: LogsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, [
    'logGroupName',
    'logStreamNamePrefix',
    'orderBy',
    'descending',
    'limit',
    'nextToken',
  ]);
  const group = text(input, 'logGroupName') ?? '';
  checkGroup(context, group);
  const prefix = text(input, 'logStreamNamePrefix') ?? '';
  const streams = streamsOf(context, group).filter(({ name }) => name.startsWith(prefix));
  if (flag(input, 'descending')) streams.reverse();
  const token = text(input, 'nextToken');
  const start = token === undefined ? 0 : streams.findIndex(({ name }) => name === token) + 1;
  const part = streams.slice(start, start + (number(input, 'limit') ?? MAX_STREAMS));
  const arn = `arn:aws:logs:${context.region}:${context.account}:log-group:${group}:log-stream:`;
  return {
    logStreams: part.map(({ name, createdAt }) => ({
      logStreamName: name,
      creationTime: createdAt,
      arn: arn + name,
      storedBytes: 0,
    })),
    nextToken: start + part.length < streams.length ? part.at(-1)?.name : undefined,
  };
}
