// The Executions port with its client.
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Executions } from '../../ports/executions.ts';
import { createClient, type ClientOptions } from '../client.ts';
import type { Config } from '../config.ts';
import { awsExecutions } from '../executions.ts';

/** Executions of the installation's machine. */
export const executions = (options: ClientOptions, { stateMachineArn }: Config): Executions =>
  awsExecutions(createClient(SFNClient, options), stateMachineArn);
