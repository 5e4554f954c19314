// Logs on AWS come late: reading a run that has just ended, or following one to its end, misses nothing and takes few calls.
import { beforeEach, expect, it } from 'vitest';
import { awsLogs } from '../../src/aws/logs.ts';
import { LOG_STREAM_PREFIX } from '../../src/fargate/podlet-definition.ts';
import type { Run } from '../../src/protocol/run.ts';
import { recordKey, toRecord } from '../../src/steps/pod/record-for.ts';
import { withLogMessages } from '../../src/steps/sync/log-message.ts';
import { FakeCloudWatch } from '../fakes/fake-cloudwatch.ts';
import { present } from '../../src/present.ts';
import { NAMESPACE, createApi, place, pod, requestOf } from './client.ts';
import { handle } from '../../src/api/handler.ts';

const LOG = `${NAMESPACE}/pods/web/log`;
const STREAM = `${LOG_STREAM_PREFIX}/c/1`;
const DELAY_MS = 10_000;

let api: Awaited<ReturnType<typeof createApi>>;
let cloudWatch: FakeCloudWatch;
let uid: string;
/** When the pod's record was read, in milliseconds. */
let looks: number[];
beforeEach(async () => {
  api = await createApi({ mode: 'aws' });
  const { clock, store } = api.ports;
  cloudWatch = new FakeCloudWatch(clock, DELAY_MS);
  Object.assign(api.ports, {
    logs: awsLogs({ client: cloudWatch.client, clock, logGroup: 'group' }),
  });
  const { body } = await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  uid = (body as { metadata: { uid: string } }).metadata.uid;
  looks = [];
  const getRecord = store.getRecord.bind(store);
  store.getRecord = (key) => (looks.push(clock.now().getTime()), getRecord(key));
});

const now = (): string => api.ports.clock.now().toISOString();
const advance = (ms: number): Promise<void> => api.ports.clock.advance(ms);
const run = (number: number, more: Partial<Run> = {}): Run => ({
  run: number,
  started: true,
  ready: true,
  startedAt: now(),
  ...more,
});

/** What is known of the container from now on. */
async function know(current: Run, previous?: Run): Promise<void> {
  const ended = { terminated: { exitCode: 1 } };
  const status = {
    name: 'c',
    ready: true,
    restartCount: 0,
    image: '',
    imageID: '',
    state: current.finishedAt === undefined ? { running: { startedAt: 'x' } } : ended,
    lastState: previous === undefined ? {} : ended,
  };
  const container = { desiredRun: current.run, current, ...present({ previous }) };
  await place(api, 'default', 'web', {
    status: { phase: 'Running', containerStatuses: [status] },
    record: { logNonce: 'n', observed: { sandboxReady: true, containers: { c: container } } },
  });
}

const marks = (next: number): string[] => [`\x1en ${next}`, `\x1en ${next}`];

/** The request's text and how many seconds it took. */
async function read(query = ''): Promise<{ text: string; seconds: number }> {
  const { clock } = api.ports;
  const began = clock.now().getTime();
  const text = await clock.runUntil(
    handle(api.ports, requestOf('GET', `${LOG}${query}`)).then((answer) => answer.text()),
  );
  return { text, seconds: (clock.now().getTime() - began) / 1000 };
}

/** A run of five seconds whose last line is written at its end, without the end of a line. */
async function oneRun({ marked = true } = {}): Promise<Run> {
  const first = run(1);
  await know(first);
  cloudWatch.write(STREAM, 'one');
  await advance(5_000);
  const [mark = '', other = ''] = marks(2);
  if (marked) cloudWatch.write(STREAM, `two${mark}`, 'three', other);
  else cloudWatch.write(STREAM, 'two', 'three');
  const ended = { ...first, finishedAt: now(), exitCode: 1 };
  await advance(100);
  return ended;
}

it.each([
  ['', 'one\ntwothree\n'],
  ['?tailLines=1', 'three\n'],
  ['?tailLines=2', 'twothree\n'],
  ['?tailLines=100', 'one\ntwothree\n'],
  ['?follow=true', 'one\ntwothree\n'],
  ['?follow=true&tailLines=0', 'one\ntwothree\n'],
])('logs%s of a run that has just ended are whole, and end with its marks', async (query, text) => {
  await know(await oneRun());
  const found = await read(query);
  expect(found.text).toBe(text);
  expect(found.seconds).toBeGreaterThan(9);
  expect(found.seconds).toBeLessThan(13);
});

it('what ended long ago is not waited for', async () => {
  await know(await oneRun());
  await advance(60_000);
  for (const query of ['', '?tailLines=1', '?follow=true'])
    expect((await read(query)).seconds).toBe(0);
});

it.each(['', '?follow=true', '?tailLines=3'])(
  'logs%s of a run whose end left no marks are whole after fifteen seconds',
  async (query) => {
    await know(await oneRun({ marked: false }));
    const { text, seconds } = await read(query);
    expect(text).toBe('one\ntwo\nthree\n');
    expect(seconds).toBeGreaterThan(14);
    expect(seconds).toBeLessThan(17.1);
  },
);

it('logs --previous of a run that was followed by another at once are whole', async () => {
  const first = await oneRun();
  await know(run(2), first);
  cloudWatch.write(STREAM, 'of the next');
  await advance(200);
  expect((await read('?previous=true')).text).toBe('one\ntwothree\n');
  expect((await read('?previous=true&tailLines=1')).text).toBe('three\n');
  expect((await read()).text).toBe('of the next\n');
});

/** Begins to follow; the text is complete once the follower ends. */
function follow(): { text: () => Promise<string> } {
  const answered = handle(api.ports, requestOf('GET', `${LOG}?follow=true`));
  const text = answered.then((answer) => answer.text());
  return { text: () => api.ports.clock.runUntil(text) };
}

it('logs -f shows all that a run wrote until its end, each line once, at a call a second', async () => {
  const first = run(1);
  await know(first);
  const follower = follow();
  const lines = Array.from({ length: 600 }, (_, second) => `line ${second}`);
  const from = api.ports.clock.now().getTime();
  await api.ports.clock.settle();
  const before = cloudWatch.calls.length + looks.length;
  for (const line of lines) {
    cloudWatch.write(STREAM, line);
    await advance(1_000);
  }
  cloudWatch.write(STREAM, ...marks(2));
  await know({ ...first, finishedAt: now(), exitCode: 0 });
  expect(await follower.text()).toBe(lines.map((line) => `${line}\n`).join(''));
  const seconds = (api.ports.clock.now().getTime() - from) / 1000;
  expect(seconds).toBeLessThan(615);
  expect(cloudWatch.calls.length + looks.length - before).toBeLessThanOrEqual(seconds);
});

it('logs -f ends with its run, though another follows at once', async () => {
  const first = run(1);
  await know(first);
  const follower = follow();
  const ended = await oneRun();
  await know(run(2), ended);
  cloudWatch.write(STREAM, 'of the next');
  expect(await follower.text()).toBe('one\ntwothree\n');
});

it('logs -f of a pod that is deleted shows what it wrote last', async () => {
  await know(run(1));
  const follower = follow();
  await oneRun();
  const stored = (await api.ports.store.getRecord(recordKey(uid)))!;
  await api.ports.store.commit({
    records: [{ key: stored.key, value: null, expected: stored.revision }],
  });
  expect(await follower.text()).toBe('one\ntwothree\n');
});

it('a follower that CloudWatch throttles gets its lines later', async () => {
  const first = run(1);
  await know(first);
  const follower = follow();
  await api.ports.clock.settle();
  cloudWatch.throttled = 3;
  await know(await oneRun());
  expect(await follower.text()).toBe('one\ntwothree\n');
  expect(cloudWatch.throttled).toBe(0);
});

it.each([
  [true, 13],
  [false, 15.1],
])(
  'FallbackToLogsOnError takes the end of the log when it is there (marked: %s)',
  async (marked, most) => {
    const first = await oneRun({ marked });
    const { store, clock } = api.ports;
    await know({ ...first, finishedAt: undefined, exitCode: undefined } as unknown as Run);
    const record = toRecord((await store.getRecord(recordKey(uid)))!.value);
    const began = clock.now().getTime();
    const answered = await clock.runUntil(
      withLogMessages(
        api.ports,
        {
          ...pod('web'),
          spec: {
            containers: [
              { name: 'c', image: 'x', terminationMessagePolicy: 'FallbackToLogsOnError' },
            ],
          },
        } as never,
        record,
        {
          ...{ uid, taskArn: 'arn:task/1', attempt: 1, bootId: 'b', sequence: 1 },
          ...{ sandboxReady: true, containers: { c: { hello: true, run: first } }, events: [] },
        },
      ),
    );
    expect(answered.containers['c']?.run?.message).toBe(
      marked ? 'one\ntwothree\n' : 'one\ntwo\nthree\n',
    );
    const seconds = (clock.now().getTime() - began) / 1000;
    expect(seconds).toBeLessThan(most);
    expect(cloudWatch.calls.length).toBeLessThanOrEqual(Math.ceil(seconds) + 4);
  },
);
