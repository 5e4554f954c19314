// The Tasks port with its client.
import { ECSClient } from '@aws-sdk/client-ecs';
import type { Tasks } from '../../ports/tasks.ts';
import { createClient, type ClientOptions } from '../client.ts';
import type { Config } from '../config.ts';
import { awsTasks } from '../tasks.ts';

/** Tasks of the installation's cluster. */
export const tasks = (options: ClientOptions, config: Config): Tasks =>
  awsTasks(createClient(ECSClient, options), config);
