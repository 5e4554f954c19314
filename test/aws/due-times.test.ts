// Due times as one-off schedules: what is sent to EventBridge Scheduler.
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { expect, it } from 'vitest';
import { awsDueTimes } from '../../src/aws/due-times.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

function scheduler(answer: () => Promise<unknown> = () => Promise.resolve({})) {
  const sent: { name: string; input: Record<string, unknown> }[] = [];
  const client = {
    send: (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
      sent.push({ name: command.constructor.name, input: command.input });
      return sent.length === 1 ? answer() : Promise.resolve({});
    },
  } as unknown as SchedulerClient;
  const dueTimes = awsDueTimes({
    client,
    clock: new VirtualClock('2026-01-01T00:00:00.000Z'),
    target: 'arn:function',
    role: 'arn:role',
    group: 'droppod-due',
  });
  return { sent, dueTimes };
}

it('fires once at the time, with what is to be looked at, and deletes itself', async () => {
  const { sent, dueTimes } = scheduler();
  await dueTimes.wakeAt('work/job-controller/default/j', new Date('2026-01-01T01:00:00.900Z'), {
    controller: 'job-controller',
  });
  expect(sent).toMatchObject([
    {
      name: 'CreateScheduleCommand',
      input: {
        GroupName: 'droppod-due',
        ScheduleExpression: 'at(2026-01-01T01:00:00)',
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: 'arn:function',
          RoleArn: 'arn:role',
          Input: '{"controller":"job-controller"}',
        },
      },
    },
  ]);
});

it('takes the place of an earlier schedule of the same id, and is never in the past', async () => {
  const conflict = Object.assign(new Error('it exists'), { name: 'ConflictException' });
  const { sent, dueTimes } = scheduler(() => Promise.reject(conflict));
  await dueTimes.wakeAt('id', new Date(0), {});
  expect(sent.map(({ name }) => name)).toEqual(['CreateScheduleCommand', 'UpdateScheduleCommand']);
  expect(sent[1]!.input['ScheduleExpression']).toBe('at(2026-01-01T00:00:05)');
  expect(sent[1]!.input['Name']).toBe(sent[0]!.input['Name']);
});

it('any other refusal is thrown', async () => {
  const { dueTimes } = scheduler(() => Promise.reject(new Error('denied')));
  await expect(dueTimes.wakeAt('id', new Date(), {})).rejects.toThrow('denied');
});
