// The SweepRule port on EventBridge: the schedule that invokes sweep each minute, off while no pod lives.
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DisableRuleCommand, EnableRuleCommand } from '@aws-sdk/client-eventbridge';
import type { SweepRule } from '../ports/sweep-rule.ts';

/** `name` of the rule on the default bus. Both calls may be repeated. */
export function awsSweepRule(client: EventBridgeClient, name: string): SweepRule {
  return {
    async on() {
      await client.send(new EnableRuleCommand({ Name: name }));
    },
    async off() {
      await client.send(new DisableRuleCommand({ Name: name }));
    },
  };
}
