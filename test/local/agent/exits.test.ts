// The engine's `die` event is an exit, whatever an inspection shows by then.
import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import type { Agent } from '../../../local/agent/agent.ts';
import { memoryKeyValue } from '../../fakes/memory-key-value.ts';
import { TaskBook } from '../../../local/agent/task-book.ts';
import type { TaskDefinition } from '../../../local/agent/task-definition.ts';
import type { Task } from '../../../local/agent/task.ts';
import { watchExits } from '../../../local/agent/watch-exits.ts';
import { DockerError, type Docker } from '../../../local/docker/engine-api.ts';
import { systemClock } from '../../../src/system-clock.ts';

const state = (Status: string, OOMKilled: boolean): string =>
  JSON.stringify({
    Id: 'c1',
    State: {
      Status,
      Running: Status === 'running',
      OOMKilled,
      ExitCode: 137,
      StartedAt: '2026-01-01T00:00:00Z',
      FinishedAt: '2026-01-01T00:00:05Z',
      Error: '',
    },
  });

it.each([
  ['is being removed by force', () => state('removing', false), { exitCode: 137 }],
  ['has exited', () => state('exited', false), { exitCode: 137 }],
  [
    'was killed for its memory',
    () => state('exited', true),
    { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
  ],
  ['is still said to run by a busy engine', () => state('running', false), { exitCode: 137 }],
  [
    'is gone already',
    () => {
      throw new DockerError(404, 'No such container');
    },
    { exitCode: 137 },
  ],
  [
    'cannot be looked at',
    () => {
      throw new DockerError(500, 'busy');
    },
    { exitCode: 137 },
  ],
])('a killed container that %s has ended', async (_what, inspect, expected) => {
  const events = new PassThrough();
  const docker: Docker = {
    close: () => undefined,
    open: async () => events as unknown as IncomingMessage,
    call: async (_method, path) => (path.endsWith('/json') ? inspect() : '{}'),
  };
  const book = new TaskBook({
    store: memoryKeyValue(),
    clock: systemClock,
    onChange: () => undefined,
    log: () => undefined,
  });
  const closing = new AbortController();
  await book.putDefinition({
    taskDefinitionArn: 'arn:def',
    family: 'f',
    revision: 1,
    containerDefinitions: [
      { name: 'podlet', image: 'i', essential: false, environment: [], mountPoints: [] },
    ],
    volumes: [],
  } as unknown as TaskDefinition);
  const task = {
    id: 't',
    taskArn: 'arn:task',
    taskDefinitionArn: 'arn:def',
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    version: 1,
    containers: [{ name: 'podlet', lastStatus: 'RUNNING', runtimeId: 'c1' }],
  } as unknown as Task;
  await book.add([task]);
  const agent = {
    docker,
    book,
    clock: systemClock,
    engineId: 'e',
    closing: closing.signal,
    log: () => undefined,
    launching: new Map(),
    stopping: new Set(),
  } as unknown as Agent;
  await watchExits(agent, () => undefined);
  const attributes = {
    exitCode: '137',
    'com.amazonaws.ecs.task-arn': 'arn:task',
    'com.amazonaws.ecs.container-name': 'podlet',
  };
  events.write(
    `${JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID: 'c1', Attributes: attributes }, timeNano: 1_767_225_605_000_000_000 })}\n`,
  );
  const enough = AbortSignal.timeout(60_000);
  await book.when(task, ({ containers }) => containers[0]?.lastStatus === 'STOPPED', enough);
  expect(task.containers[0]).toMatchObject({
    lastStatus: 'STOPPED',
    finishedAt: expect.stringMatching(/^2026-01-01T00:00:05/),
    ...expected,
  });
  closing.abort();
  events.end();
});
