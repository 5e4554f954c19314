// Logs of tasks: a followed log to its last line, copies of forgotten tasks through CloudWatch Logs.
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../../../local/agent/agent.ts';
import { KEPT_BYTES, KEPT_ENTRIES, keepLog } from '../../../../local/agent/logs/kept-log.ts';
import { pruneLogCopies } from '../../../../local/agent/logs/log-copy.ts';
import { readLogs } from '../../../../local/agent/logs/read-logs.ts';
import { logsEndpoint } from '../../../../local/aws/logs/operations.ts';
import { DockerError } from '../../../../local/docker/engine-api.ts';
import type { Docker, DockerRequest } from '../../../../local/docker/engine-api.ts';
import { addTask, logAgent } from './log-agent.ts';

const clock = {
  now: () => new Date('2026-01-01T00:01:00Z'),
  sleep: () =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, 1);
    }),
};
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'droppod-logs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const frame = (stream: 1 | 2, second: number, text: string): Buffer => {
  const payload = Buffer.from(
    `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${text}`,
  );
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};

function agentOver(open: (options: DockerRequest) => Buffer[]): Agent {
  const docker: Docker = {
    close: () => undefined,
    call: () => Promise.resolve(''),
    open: async (_method, _path, options) =>
      Readable.from(open(options ?? {})) as unknown as IncomingMessage,
  };
  return logAgent(docker, clock, directory);
}

const texts = async (lines: AsyncIterable<{ bytes: Uint8Array }>): Promise<string> => {
  let all = '';
  for await (const { bytes } of lines) all += Buffer.from(bytes).toString();
  return all;
};

describe('keepLog', () => {
  it('A11: what was put aside is read before what the engine still has, once', async () => {
    let engine = [frame(1, 1, 'a\n'), frame(2, 2, 'b\n')];
    const agent = agentOver(() => engine);
    addTask(agent);
    const place = { taskArn: 'arn/t1', container: 'app' };
    await keepLog(agent, place);
    expect(await texts(readLogs(agent, place))).toBe('a\nb\n');
    engine = [frame(2, 2, 'b\n'), frame(1, 3, 'c\n')];
    expect(await texts(readLogs(agent, place))).toBe('a\nb\nc\n');
    engine = [frame(1, 5, 'e\n')];
    expect(await texts(readLogs(agent, place))).toBe('a\nb\ne\n');
    expect(await texts(readLogs(agent, { ...place, tail: 1 }))).toBe('e\n');
    const since = new Date('2026-01-01T00:00:02Z');
    expect(await texts(readLogs(agent, { ...place, since }))).toBe('b\ne\n');
  });

  it('A11: no more is put aside than its bounds', async () => {
    const asked: (string | undefined)[] = [];
    const long = 'x'.repeat(1024 * 1024 - 1);
    const agent = agentOver(({ query }) => {
      asked.push(query?.['tail']);
      return Array.from({ length: 20 }, (_, index) => frame(1, index, `${long}\n`));
    });
    addTask(agent);
    await keepLog(agent, { taskArn: 'arn/t1', container: 'app' });
    expect(asked).toEqual([String(KEPT_ENTRIES)]);
    const { size } = await stat(join(directory, 't1', 'app.kept.json'));
    expect(size).toBeLessThan(1.5 * KEPT_BYTES);
    expect(size).toBeGreaterThan(KEPT_BYTES);
  });

  it('A11: of a container that is gone nothing is put aside', async () => {
    const agent = agentOver(() => {
      throw new DockerError(404, 'No such container');
    });
    await keepLog(agent, { taskArn: 'arn/none', container: 'app' });
    addTask(agent);
    await keepLog(agent, { taskArn: 'arn/t1', container: 'app' });
    expect(await texts(readLogs(agent, { taskArn: 'arn/t1', container: 'app' }))).toBe('');
  });
});

describe('readLogs', () => {
  /** An engine whose log rotates while it is followed: what it sends to a follower is unreliable. */
  function rotating(steps: Buffer[][]): { agent: Agent; reads: string[] } {
    const log = [...(steps.shift() ?? [])];
    const reads: string[] = [];
    const agent = agentOver(({ query }) => {
      if (query?.['follow'] !== '1') {
        reads.push(`tail ${query?.['tail'] ?? 'all'}`);
        const tail = query?.['tail'];
        return tail === undefined ? [...log] : log.slice(-Number(tail));
      }
      return [];
    });
    agent.docker.open = ((open) => async (method, path, options) => {
      if (options?.query?.['follow'] !== '1') return open(method, path, options);
      return Readable.from(
        (async function* () {
          for (const step of steps) {
            log.push(...step);
            yield Buffer.concat([...step.slice(1), ...step.slice(1)]);
            await new Promise((resolve) => {
              setTimeout(resolve, 20);
            });
          }
        })(),
      ) as unknown as IncomingMessage;
    })(agent.docker.open);
    return { agent, reads };
  }

  it('A11: a followed log has each line once, whatever the engine sends to a follower while it rotates', async () => {
    const { agent } = rotating([
      [frame(1, 1, 'a\n'), frame(1, 2, 'same\n'), frame(2, 2, 'err\n')],
      [frame(1, 2, 'same\n'), frame(1, 3, 'b\n')],
      [frame(2, 3, 'last'), frame(1, 4, 'end\n')],
    ]);
    addTask(agent);
    expect(
      await texts(readLogs(agent, { taskArn: 'arn/t1', container: 'app', follow: true })),
    ).toBe('a\nsame\nerr\nsame\nb\nend\nlast');
  });

  it('A11: a follower reads from the end, and further back only where lines came faster than it looks', async () => {
    const burst = (second: number): Buffer[] =>
      Array.from({ length: 800 }, (_, index) =>
        Buffer.from(
          frame(1, second, `${second}-${index}\n`)
            .toString('latin1')
            .replace('.000000000Z', `.${String(index).padStart(9, '0')}Z`),
          'latin1',
        ),
      );
    const { agent, reads } = rotating([burst(1), burst(2), [frame(1, 3, 'x\n')]]);
    addTask(agent);
    const text = await texts(
      readLogs(agent, { taskArn: 'arn/t1', container: 'app', follow: true }),
    );
    expect(text.trimEnd().split('\n')).toEqual([
      ...Array.from({ length: 800 }, (_, index) => `1-${index}`),
      ...Array.from({ length: 800 }, (_, index) => `2-${index}`),
      'x',
    ]);
    expect(reads.filter((read) => read === 'tail all')).toHaveLength(2);
  });

  it('reads a forgotten task from its copy, from a time on', async () => {
    await mkdir(join(directory, 'gone'));
    await writeFile(
      join(directory, 'gone', 'app.frames.log'),
      Buffer.concat([frame(1, 1, 'one\n'), frame(1, 2, 'two\n')]),
    );
    const agent = agentOver(() => []);
    expect(
      await texts(readLogs(agent, { taskArn: 'arn:aws:ecs:x:y:task/c/gone', container: 'app' })),
    ).toBe('one\ntwo\n');
    expect(
      await texts(
        readLogs(agent, {
          taskArn: 'task/gone',
          container: 'app',
          since: new Date('2026-01-01T00:00:02Z'),
        }),
      ),
    ).toBe('two\n');
    expect(
      await texts(readLogs(agent, { taskArn: 'task/never', container: 'app', follow: true })),
    ).toBe('');
    await pruneLogCopies(directory, new Date(Date.now() + 1000));
    expect(await texts(readLogs(agent, { taskArn: 'task/gone', container: 'app' }))).toBe('');
  });
});

describe('the CloudWatch Logs endpoint', () => {
  const call = async (
    agent: Agent,
    operation: string,
    input: object,
  ): Promise<{ [key: string]: unknown }> => {
    const answer = await logsEndpoint({ agent, account: '0', region: 'r' })({
      target: `Logs_20140328.${operation}`,
      body: Buffer.from(JSON.stringify(input)),
    });
    const body: { [key: string]: unknown } = JSON.parse(answer?.body ?? '{}');
    return body;
  };
  const stream = { logGroupName: '/g', logStreamName: 'pod/app/t1' };
  const messages = (answer: { [key: string]: unknown }) =>
    (answer['events'] as { message: string }[]).map(({ message }) => message);

  it('pages a stream forwards and backwards until a token repeats', async () => {
    const agent = agentOver(() => [1, 2, 3, 4, 5].map((i) => frame(1, i, `m${i}\n`)));
    addTask(agent);
    const head = await call(agent, 'GetLogEvents', { ...stream, limit: 2, startFromHead: true });
    expect(messages(head)).toEqual(['m1', 'm2']);
    const next = await call(agent, 'GetLogEvents', {
      ...stream,
      limit: 4,
      nextToken: head['nextForwardToken'],
    });
    expect(messages(next)).toEqual(['m3', 'm4', 'm5']);
    const end = await call(agent, 'GetLogEvents', {
      ...stream,
      nextToken: next['nextForwardToken'],
    });
    expect([messages(end), end['nextForwardToken']]).toEqual([[], next['nextForwardToken']]);
    const tail = await call(agent, 'GetLogEvents', { ...stream, limit: 2 });
    expect(messages(tail)).toEqual(['m4', 'm5']);
    expect(
      messages(
        await call(agent, 'GetLogEvents', {
          ...stream,
          limit: 2,
          nextToken: tail['nextBackwardToken'],
        }),
      ),
    ).toEqual(['m2', 'm3']);
    expect(
      messages(
        await call(agent, 'FilterLogEvents', {
          logGroupName: '/g',
          startTime: Date.parse('2026-01-01T00:00:03Z'),
          endTime: Date.parse('2026-01-01T00:00:05Z'),
        }),
      ),
    ).toEqual(['m3', 'm4']);
  });

  it.each([
    [
      'GetLogEvents',
      { logGroupName: '/x', logStreamName: 'y' },
      'ResourceNotFoundException',
      'The specified log group does not exist.',
    ],
    [
      'GetLogEvents',
      { logGroupName: '/g', logStreamName: 'pod/app/zz' },
      'ResourceNotFoundException',
      'The specified log stream does not exist.',
    ],
    [
      'FilterLogEvents',
      { logGroupName: '/g', filterPattern: 'ERROR' },
      'InvalidParameterException',
      'filterPattern is not supported by the local engine',
    ],
  ])('%s %j: %s', async (operation, input, type, message) => {
    const agent = agentOver(() => []);
    addTask(agent);
    expect(await call(agent, operation, input)).toMatchObject({ __type: type, message });
  });

  it('creates a group once and lists streams', async () => {
    const agent = agentOver(() => []);
    addTask(agent);
    expect(await call(agent, 'CreateLogGroup', { logGroupName: '/n' })).toEqual({});
    expect(await call(agent, 'CreateLogGroup', { logGroupName: '/n' })).toMatchObject({
      __type: 'ResourceAlreadyExistsException',
    });
    expect(await call(agent, 'DescribeLogStreams', { logGroupName: '/g' })).toMatchObject({
      logStreams: [{ logStreamName: 'pod/app/t1' }],
    });
  });
});
