// The Logs port with its client.
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Logs } from '../../ports/logs.ts';
import { createClient, type ClientOptions } from '../client.ts';
import { systemClock } from '../../system-clock.ts';
import type { Config } from '../config.ts';
import { awsLogs } from '../logs.ts';

/** What the installation's containers wrote. */
export const logs = (options: ClientOptions, { logGroup }: Config): Logs =>
  awsLogs({ client: createClient(CloudWatchLogsClient, options), clock: systemClock, logGroup });
