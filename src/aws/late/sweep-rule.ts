// The SweepRule port with its client.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SweepRule } from '../../ports/sweep-rule.ts';
import { createClient, type ClientOptions } from '../client.ts';
import type { Config } from '../config.ts';
import { awsSweepRule } from '../sweep-rule.ts';

/** The installation's rule. */
export const sweepRule = (options: ClientOptions, config: Config): SweepRule =>
  awsSweepRule(createClient(EventBridgeClient, options), config.sweepRule);
