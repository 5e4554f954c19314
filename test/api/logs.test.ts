// Logs: supervise's markers separate the runs, and the kubelet's messages where there is nothing to show.
import { beforeEach, expect, it } from 'vitest';
import { createRunSplitter } from '../../src/logs/split-runs.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { recordKey, toJson, toRecord } from '../../src/steps/pod/record-for.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { LogLine } from '../../src/ports/logs.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { withTask } from '../../src/record/with-task.ts';
import { NAMESPACE, createApi, place, pod } from './client.ts';

const line = (text: string, stream: 'stdout' | 'stderr' = 'stdout', second = 0): LogLine => ({
  time: `2026-01-01T00:00:0${second}.5Z`,
  stream,
  bytes: Buffer.from(text),
});

it.each<[string, LogLine[], string[]]>([
  ['lines before any marker are run 1', [line('a\n')], ['1:a\n']],
  [
    'a marker starts a run on its stream',
    [line('a\n'), line('\x1enonce 2\n'), line('b\n'), line('c\n', 'stderr')],
    ['1:a\n', '2:b\n', '1:c\n'],
  ],
  [
    "text without a newline before the marker is the old run's",
    [line('a\x1enonce 2\n'), line('b\n')],
    ['1:a', '2:b\n'],
  ],
  [
    'a marker ends its line',
    [line('\x1enonce 2 and more\n'), line('\x1enonce 2x\n')],
    ['1:\x1enonce 2 and more\n', '1:\x1enonce 2x\n'],
  ],
  ['a marker may end with CR LF', [line('a\x1enonce 12\r\n'), line('b\n')], ['1:a', '12:b\n']],
  ["another nonce is the program's own text", [line('\x1eother 2\n')], ['1:\x1eother 2\n']],
])('%s', (_name, lines, expected) => {
  const split = createRunSplitter('nonce');
  expect(
    lines
      .map(split)
      .filter((seen) => seen !== undefined)
      .map(({ run, bytes }) => `${run}:${Buffer.from(bytes).toString()}`),
  ).toEqual(expected);
});

it.each<[string, number[], string]>([
  ['all of it is of the newest run', [50, 60], '3 3'],
  ['some is of the run before', [15, 60], '2 3'],
  ['some is older', [5, 60], '1 3'],
])('A11: a log that lost its first marks: %s', (_name, seconds, runs) => {
  const began = [
    { run: 3, at: '2026-01-01T00:00:40.000001Z' },
    { run: 2, at: '2026-01-01T00:00:10Z' },
  ];
  const split = createRunSplitter('nonce', began);
  const times = seconds.map(
    (second) =>
      `2026-01-01T00:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.5Z`,
  );
  const lines: LogLine[] = [
    { ...line('a\n'), time: times[0]! },
    { ...line('b\n', 'stderr'), time: times[1]! },
  ];
  expect(lines.map((one) => split(one)?.run).join(' ')).toBe(runs);
});

let api: Awaited<ReturnType<typeof createApi>>;
const LOG = `${NAMESPACE}/pods/web/log`;
const TASK = 'arn:task/1' as TaskArn;
const STOPPED = { is: 'stopped', at: 'x' } as const;

/** A pod whose container c is in its second run. */
async function secondRun(state: object, change: Partial<PodRecord> = {}): Promise<void> {
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  const containerStatuses = [
    { name: 'c', ready: true, restartCount: 1, image: '', imageID: '', ...state },
  ];
  const observed: PodRecord['observed'] = {
    sandboxReady: true,
    containers: {
      c: {
        desiredRun: 2,
        current: { run: 2, started: true, ready: true, startedAt: 'x' },
        previous: { run: 1, started: true, ready: false },
      },
    },
  };
  await place(api, 'default', 'web', {
    status: { phase: 'Running', containerStatuses },
    record: { logNonce: 'n', observed, ...change },
  });
}

/** Stops the pod's task, which ends followed logs. */
async function stopTask(): Promise<void> {
  const [key] = [
    ...(await api.ports.store.list({ resource: 'pods', namespace: 'default' })).objects,
  ];
  const uid = key?.metadata.uid as string;
  const stored = (await api.ports.store.getRecord(recordKey(uid)))!;
  await api.ports.store.commit({
    records: [
      {
        key: recordKey(uid),
        value: toJson(withTask(toRecord(stored.value), { end: STOPPED })),
        expected: stored.revision,
      },
    ],
  });
}

const RUNNING = {
  state: { running: { startedAt: 'x' } },
  lastState: { terminated: { exitCode: 1 } },
};

beforeEach(async () => {
  api = await createApi();
  api.ports.logs.lines.set(`${TASK}/c`, [
    line('one\n'),
    line('\x1en 2\n'),
    line('two\n', 'stdout', 1),
    line('err\n', 'stderr', 1),
    line('\x1en 2\n', 'stderr', 1),
    line('three\n', 'stderr', 2),
    line('four', 'stdout', 3),
  ]);
});

it.each([
  ['', 'two\nthree\nfour'],
  ['?previous=true', 'one\nerr\n'],
  ['?tailLines=1', 'four'],
  ['?tailLines=0', ''],
  ['?limitBytes=6', 'two\nth'],
  ['?timestamps=true&tailLines=1', '2026-01-01T00:00:03.500000000Z four'],
  ['?sinceTime=2026-01-01T00:00:02Z', 'three\nfour'],
  ['?container=c', 'two\nthree\nfour'],
])('log%s', async (query, text) => {
  await secondRun(RUNNING);
  const answer = await api.send('GET', `${LOG}${query}`);
  expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([
    200,
    'text/plain',
    text,
  ]);
});

it('a container in back-off shows its last run', async () => {
  await secondRun({
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 1 } },
  });
  expect((await api.send('GET', LOG)).text).toBe('two\nthree\nfour');
});

it('on AWS following ends cleanly after 14 minutes, before its function must', async () => {
  await secondRun(RUNNING);
  Object.assign(api.ports.settings, { mode: 'aws' });
  const { clock } = api.ports;
  const began = clock.now().getTime();
  const { text } = await clock.runUntil(api.send('GET', `${LOG}?follow=true`));
  expect(text).toBe('two\nthree\nfour');
  expect(clock.now().getTime() - began).toBe(14 * 60_000);
});

it('following ends with its last byte, though the run goes on', async () => {
  await secondRun(RUNNING);
  const answer = await api.send('GET', `${LOG}?follow=true&limitBytes=6`);
  expect(answer.text).toBe('two\nth');
});

it('following ends with the run', async () => {
  await secondRun(RUNNING, { task: { attempt: 1, arn: TASK, end: STOPPED } });
  expect((await api.send('GET', `${LOG}?follow=true`)).text).toBe('two\nthree\nfour');
});

it.each([
  [
    { state: { waiting: { reason: 'ContainerCreating' } } },
    '',
    'container "c" in pod "web" is waiting to start: ContainerCreating',
  ],
  [
    { state: { waiting: { reason: 'ErrImagePull' } } },
    '',
    'container "c" in pod "web" is waiting to start: image can\'t be pulled',
  ],
  [
    { state: { waiting: { reason: 'ImagePullBackOff' } } },
    '',
    'container "c" in pod "web" is waiting to start: trying and failing to pull image',
  ],
  [
    { state: { running: {} } },
    '?previous=true',
    'previous terminated container "c" in pod "web" not found',
  ],
  [RUNNING, '?container=zzz', 'container zzz is not valid for pod web'],
])('%j%s', async (state, query, message) => {
  await secondRun(state);
  expect((await api.send('GET', `${LOG}${query}`)).body).toMatchObject({
    code: 400,
    reason: 'BadRequest',
    message,
  });
});

it('a pod on no node has no log: 204', async () => {
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  expect((await api.send('GET', LOG)).status).toBe(204);
});

it.each([
  [
    'tailLines=-1',
    'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'limitBytes=0',
    'PodLogOptions "web" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
  ],
  [
    'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
    'PodLogOptions "web" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
])('%s is 422', async (query, message) => {
  await secondRun(RUNNING);
  expect((await api.send('GET', `${LOG}?${query}`)).body).toMatchObject({ code: 422, message });
});

it('attach shows what comes after it, of the present run, until the run ends', async () => {
  const { attachOutput } = await import('../../src/api/subresources/log/attach-output.ts');
  await secondRun(RUNNING);
  const stored = (await api.ports.store.get({
    resource: 'pods',
    namespace: 'default',
    name: 'web',
  }))!;
  const seen: string[] = [];
  const over = new AbortController();
  const attached = (async () => {
    for await (const { stream, bytes } of attachOutput(
      api.ports,
      stored as unknown as Pod,
      'c',
      over.signal,
    ))
      seen.push(`${stream} ${Buffer.from(bytes).toString()}`);
  })();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  api.ports.logs.lines.get(`${TASK}/c`)!.push(line('five\n', 'stderr', 4));
  const uid = stored.metadata.uid!;
  const record = (await api.ports.store.getRecord(recordKey(uid)))!;
  const known = toRecord(record.value);
  const ended: PodRecord = {
    ...known,
    observed: {
      ...known.observed,
      containers: {
        c: {
          ...known.observed.containers['c'],
          current: {
            run: 2,
            started: true,
            ready: true,
            startedAt: 'x',
            exitCode: 0,
            finishedAt: '2026-01-01T00:00:05Z',
          },
        },
      },
    },
  } as PodRecord;
  await api.ports.store.commit({
    records: [{ key: record.key, value: toJson(ended), expected: record.revision }],
  });
  api.ports.wakeups.wake(uid);
  await api.ports.clock.advance(2000);
  await attached;
  expect(seen).toEqual(['stderr five\n']);
});

/** A pod in its second run whose log starts in the middle of that run; returns how much of the log was read. */
async function longLog(count: number): Promise<() => number> {
  const at = (second: number): string =>
    new Date(Date.parse('2026-01-01T01:00:00Z') + second * 1000)
      .toISOString()
      .replace('Z', '000000Z');
  const observed = {
    sandboxReady: true,
    containers: {
      c: {
        desiredRun: 2,
        current: { run: 2, started: true, ready: true, startedAt: '2026-01-01T00:30:00.000000Z' },
        previous: { run: 1, started: true, ready: false, startedAt: '2026-01-01T00:00:00.000000Z' },
      },
    },
  };
  await secondRun(RUNNING, { observed });
  api.ports.logs.lines.set(
    `${TASK}/c`,
    Array.from({ length: count }, (_, index) => ({
      time: at(index),
      stream: 'stdout' as const,
      bytes: Buffer.from(`line ${index}\n`),
    })),
  );
  return () => api.ports.logs.linesRead;
}

it('A11: the lines of a restarted container are there when the mark of its restart is not', async () => {
  await longLog(3);
  expect((await api.send('GET', LOG)).text).toBe('line 0\nline 1\nline 2\n');
  expect((await api.send('GET', `${LOG}?tailLines=1`)).text).toBe('line 2\n');
});

it('A11: a run whose lines the engine has thrown away is not looked for in all that the next one wrote', async () => {
  const read = await longLog(50_000);
  expect((await api.send('GET', `${LOG}?previous=true`)).text).toBe('');
  expect(read()).toBeLessThan(10);
});

it.each(['', '&follow=true'])('A11: the last lines are read from the end%s', async (follow) => {
  const read = await longLog(50_000);
  if (follow !== '') await stopTask();
  expect((await api.send('GET', `${LOG}?tailLines=2${follow}`)).text).toBe(
    'line 49998\nline 49999\n',
  );
  expect(read()).toBeLessThan(500);
});

it('A11: the last lines of a run before are found behind all that came after', async () => {
  await secondRun(RUNNING);
  const early = (text: string): LogLine => line(text);
  api.ports.logs.lines.set(`${TASK}/c`, [
    ...Array.from({ length: 40 }, (_, index) => early(`old ${index}\n`)),
    early('\x1en 2\n'),
    ...Array.from({ length: 3000 }, (_, index) => early(`new ${index}\n`)),
  ]);
  expect((await api.send('GET', `${LOG}?previous=true&tailLines=2`)).text).toBe('old 38\nold 39\n');
});

it.each(['', '&tailLines=2', '&tailLines=20'])(
  'A11: what the run before wrote is there when the engine has thrown it away%s',
  async (query) => {
    await longLog(5_000);
    // Saved before its end was marked: only the time shows where the next run starts.
    const old = Array.from({ length: 3 }, (_, index) => ({
      ...line(`old ${index}\n`),
      time: `2026-01-01T00:00:0${index}.000000000Z`,
    }));
    api.ports.logs.aside.set(`${TASK}/c`, old);
    const wanted = query === '&tailLines=2' ? 'old 1\nold 2\n' : 'old 0\nold 1\nold 2\n';
    expect((await api.send('GET', `${LOG}?previous=true${query}`)).text).toBe(wanted);
    expect((await api.send('GET', `${LOG}?tailLines=1`)).text).toBe('line 4999\n');
    expect((await api.send('GET', LOG)).text.startsWith('line 0\n')).toBe(true);
  },
);

it('A11: a carriage return before the end of a line is dropped, any other stays', async () => {
  await secondRun(RUNNING);
  api.ports.logs.lines.set(`${TASK}/c`, [
    line('\x1en 2\n'),
    line('a\r\n'),
    line('b\rc\n'),
    line('\r\n'),
    line('d\r\r\n'),
    line('e\r'),
  ]);
  expect((await api.send('GET', LOG)).text).toBe('a\nb\rc\n\nd\r\ne\r');
});

it('A11: a follower shows each line once, though the log that it follows is read again', async () => {
  await longLog(3);
  await stopTask();
  api.ports.logs.afterRead = (lines) => {
    if (lines.length < 6)
      lines.push({ ...line(`later ${lines.length}\n`), time: '2026-01-01T02:00:00.000000000Z' });
  };
  expect((await api.send('GET', `${LOG}?follow=true&tailLines=1`)).text).toBe(
    'line 2\nlater 3\nlater 4\n',
  );
});
