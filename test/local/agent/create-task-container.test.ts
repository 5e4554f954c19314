// Creating the containers of a task, of which several are under way at once.
import { expect, it } from 'vitest';
import { createTaskContainer } from '../../../local/agent/create-task-container.ts';
import type { ContainerDefinition } from '../../../local/agent/task-definition.ts';
import { DockerError, type Docker } from '../../../local/docker/engine-api.ts';
import { systemClock } from '../../../src/system-clock.ts';
import { addTask, logAgent } from './logs/log-agent.ts';

it('two privileged containers learn at once what the engine does not know', async () => {
  const left: (readonly string[])[] = [];
  const docker: Docker = {
    close: () => undefined,
    open: () => Promise.reject(new Error('not asked for')),
    call: async (_method, _path, options) => {
      const { HostConfig } = options?.body as { HostConfig: { CapDrop?: string[] } };
      const { CapDrop = [] } = HostConfig;
      await Promise.resolve();
      if (CapDrop.includes('BPF'))
        throw new DockerError(400, 'invalid CapDrop: unknown capability: "CAP_BPF"');
      left.push(CapDrop);
      return JSON.stringify({ Id: 'c1' });
    },
  };
  const agent = { ...logAgent(docker, systemClock, ''), lacking: ['SYS_TIME', 'BPF'] };
  const task = addTask(agent);
  const definition = agent.book.definitionOf(task);
  const [app] = definition.containerDefinitions;
  const container = { ...app, privileged: true } as ContainerDefinition;
  const launch = { agent, task, definition, signal: new AbortController().signal };
  await Promise.all([
    createTaskContainer(launch, container),
    createTaskContainer(launch, container),
  ]);
  expect(left).toEqual([['SYS_TIME'], ['SYS_TIME']]);
});
