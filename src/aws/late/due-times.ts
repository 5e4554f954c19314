// The DueTimes port with its client.
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { DueTimes } from '../../ports/due-times.ts';
import { createClient, type ClientOptions } from '../client.ts';
import { systemClock } from '../../system-clock.ts';
import type { Config } from '../config.ts';
import { awsDueTimes } from '../due-times.ts';

/** Schedules that wake the function itself. */
export const dueTimes = (
  options: ClientOptions,
  { dueTarget: target, dueRole: role, dueGroup: group }: Config,
): DueTimes =>
  awsDueTimes({
    client: createClient(SchedulerClient, options),
    clock: systemClock,
    target,
    role,
    group,
  });
