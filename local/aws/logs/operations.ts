// The CloudWatch Logs endpoint: its operations by name, over the logs of the engine's tasks.
import { awsJsonEndpoint, type AwsJsonEndpoint, type Operation } from '../protocol.ts';
import type { LogsContext } from './context.ts';
import { createLogGroup } from './create-log-group.ts';
import { describeLogStreams } from './describe-log-streams.ts';
import { filterLogEvents } from './filter-log-events.ts';
import { getLogEvents } from './get-log-events.ts';

const operations: Record<string, Operation<LogsContext>> = {
  CreateLogGroup: createLogGroup,
  DescribeLogStreams: describeLogStreams,
  GetLogEvents: getLogEvents,
  FilterLogEvents: filterLogEvents,
};

/** The endpoint over one agent. */
export function logsEndpoint(context: LogsContext): AwsJsonEndpoint {
  return awsJsonEndpoint({ targetPrefix: 'Logs_20140328.', version: '1.1', operations, context });
}
