// The DueTimes port on EventBridge Scheduler: a one-off schedule that invokes a function and deletes itself; it is precise to a minute.
import { createHash } from 'node:crypto';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import type { Clock } from '../ports/clock.ts';
import type { DueTimes } from '../ports/due-times.ts';

/** A time that has passed when the call arrives might never fire. */
const SOONEST_MS = 5_000;

export interface DueTimesOptions {
  client: SchedulerClient;
  clock: Pick<Clock, 'now'>;
  /** ARN of the function. */
  target: string;
  /** ARN of the role with which the scheduler invokes it. */
  role: string;
  /** The installation's schedule group. */
  group: string;
}

/** Schedules whose names derive from the ids. */
export function awsDueTimes({ client, clock, target, role, group }: DueTimesOptions): DueTimes {
  return {
    async wakeAt(id, at, input) {
      const soonest = clock.now().getTime() + SOONEST_MS;
      const time = new Date(Math.max(at.getTime(), soonest)).toISOString().slice(0, 19);
      const schedule = {
        Name: createHash('sha256').update(id).digest('hex').slice(0, 40),
        GroupName: group,
        ScheduleExpression: `at(${time})`,
        FlexibleTimeWindow: { Mode: 'OFF' as const },
        ActionAfterCompletion: 'DELETE' as const,
        Target: { Arn: target, RoleArn: role, Input: JSON.stringify(input) },
      };
      try {
        await client.send(new CreateScheduleCommand(schedule));
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ConflictException') throw error;
        await client.send(new UpdateScheduleCommand(schedule));
      }
    },
  };
}
