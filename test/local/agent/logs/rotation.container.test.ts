// A real log that the engine rotates: while it is followed, and until an earlier run is gone from it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Agent } from '../../../../local/agent/agent.ts';
import { keepLog } from '../../../../local/agent/logs/kept-log.ts';
import { readLogs } from '../../../../local/agent/logs/read-logs.ts';
import { ensureBusyboxImage } from '../../../../local/docker/busybox-image.ts';
import {
  createContainer,
  killContainer,
  removeContainer,
  startContainer,
} from '../../../../local/docker/containers.ts';
import { connectDocker, dockerSocketPath } from '../../../../local/docker/engine-api.ts';
import { addTask, logAgent } from './log-agent.ts';

const docker = connectDocker(dockerSocketPath(process.env.DOCKER_HOST));
const clock = {
  now: () => new Date(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end);
    }),
};
const ids: string[] = [];
const logDirectory = await mkdtemp(join(tmpdir(), 'droppod-rotation-'));
afterAll(async () => {
  for (const made of ids) {
    await killContainer(docker, made);
    await removeContainer(docker, made);
  }
  docker.close();
  await rm(logDirectory, { recursive: true, force: true });
});

function agentWith(runtimeId: string): Agent {
  const agent = logAgent(docker, clock, logDirectory);
  addTask(agent, runtimeId);
  return agent;
}

/** Starts a container that runs `script`, with a log of this size; returns its id. */
async function started(name: string, script: string, size: object): Promise<string> {
  await ensureBusyboxImage(docker);
  const id = await createContainer(docker, `droppod-test-${name}-${process.pid}`, {
    Image: 'busybox:latest',
    Cmd: ['sh', '-c', script],
    Labels: { 'droppod/test': 'logs' },
    HostConfig: { LogConfig: { Type: 'local', Config: { ...size, compress: 'false' } } },
  });
  ids.push(id);
  await startContainer(docker, id);
  return id;
}

const BURSTS = 40;
const LINES = 1_000;

it('A11: a follower loses and doubles nothing while the log rotates', async () => {
  const write = `i=0; while [ $i -lt ${BURSTS} ]; do seq $((i*${LINES})) $((i*${LINES}+${LINES - 1})) | sed "s/$/ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/"; i=$((i+1)); sleep 0.2; done`;
  const id = await started('rotation', write, { 'max-size': '1m', 'max-file': '3' });
  const numbers: number[] = [];
  for await (const { bytes } of readLogs(agentWith(id), {
    taskArn: 'arn/t1',
    container: 'app',
    follow: true,
  }))
    numbers.push(Number(Buffer.from(bytes).toString().split(' ')[0]));
  expect(numbers.filter((number, index) => number !== index)).toEqual([]);
  expect(numbers).toHaveLength(BURSTS * LINES);
});

it('A11: the output of an earlier run is there after the engine has thrown it away', async () => {
  const line = 'x'.repeat(100);
  const write = `echo first run; while [ ! -e /go ]; do sleep 0.1; done; seq 20000 | sed "s/$/ ${line}/"; sleep 600`;
  const id = await started('kept', write, { 'max-size': '300k', 'max-file': '2' });
  const agent = agentWith(id);
  const place = { taskArn: 'arn/t1', container: 'app' };
  const read = async (): Promise<string[]> => {
    const lines: string[] = [];
    for await (const { bytes } of readLogs(agent, place))
      lines.push(Buffer.from(bytes).toString().split(' ')[0] ?? '');
    return lines;
  };
  await expect.poll(read).toEqual(['first']);
  await keepLog(agent, place);
  await docker
    .call('POST', `/containers/${id}/exec`, {
      body: { Cmd: ['touch', '/go'] },
    })
    .then((answer) =>
      docker.call('POST', `/exec/${(JSON.parse(answer) as { Id: string }).Id}/start`, {
        body: { Detach: true },
      }),
    );
  await expect.poll(async () => (await read()).at(-1)).toBe('20000');
  const lines = await read();
  expect(lines.slice(0, 2)).toEqual(['first', expect.stringMatching(/^\d{4,}$/)]);
});
