// The termination message of a failed run from its log: the whole end of the run, however late the log is.
import { expect, it } from 'vitest';
import type { TaskArn } from '../../../src/ports/identity.ts';
import type { LogLine, Logs } from '../../../src/ports/logs.ts';
import { withLogMessages } from '../../../src/steps/sync/log-message.ts';
import { at, exited, observedOf, podOf } from '../../pod/samples.ts';
import { recordOf, reportOf } from '../../record/samples.ts';

const NONCE = 'nonce';
const pod = podOf({
  containers: [
    { name: 'app', image: 'busybox', terminationMessagePolicy: 'FallbackToLogsOnError' },
  ],
});
const record = recordOf({
  task: { attempt: 1, arn: 'task' as TaskArn },
  logNonce: NONCE,
  observed: observedOf({ app: { desiredRun: 1 } }),
});
const report = reportOf({
  taskArn: 'task',
  containers: { app: { hello: true, run: exited(1, 1) } },
});

const line = (text: string, stream: LogLine['stream'] = 'stdout'): LogLine => ({
  time: at(-1),
  stream,
  bytes: Buffer.from(text),
});
const MARKER = `\x1e${NONCE} 2\n`;

/** `log` first contains `early`, and after so many milliseconds everything. */
async function messageOf(
  log: LogLine[],
  { early = log, lateMs = 0 }: { early?: LogLine[]; lateMs?: number } = {},
): Promise<{ message?: string; waitedMs: number }> {
  let waitedMs = 0;
  const logs: Logs = {
    lateMs: 3_000,
    async *read() {
      yield* waitedMs < lateMs ? early : log;
    },
    keep: () => Promise.resolve(),
  };
  const clock = {
    now: () => new Date(Date.parse(at(0)) + waitedMs),
    sleep: (ms: number) => {
      waitedMs += ms;
      return Promise.resolve();
    },
  };
  const answered = await withLogMessages({ logs, clock }, pod, record, report);
  return { ...answered.containers['app']?.run, waitedMs };
}

it('nothing is waited for once the end of the run is in the log', async () => {
  const log = [line(`DONE${MARKER}`), line(MARKER, 'stderr')];
  expect(await messageOf(log)).toMatchObject({ message: 'DONE', waitedMs: 0 });
  expect(await messageOf([line(MARKER), line(MARKER, 'stderr')])).toMatchObject({
    message: '',
    waitedMs: 0,
  });
});

it.each([
  ['before', [line(MARKER, 'stderr'), line(`DONE${MARKER}`)]],
  ['after', [line(`DONE${MARKER}`), line(MARKER, 'stderr')]],
])(
  'a single line is the message, though the other stream ends %s it in the log',
  async (_when, log) => {
    expect((await messageOf(log)).message).toBe('DONE');
  },
);

it('a log that comes late, or in pieces, is waited for', async () => {
  const whole = [line('one\n'), line(`DONE${MARKER}`), line(MARKER, 'stderr')];
  expect(await messageOf(whole, { early: [], lateMs: 500 })).toMatchObject({
    message: 'one\nDONE',
    waitedMs: 700,
  });
  expect(await messageOf(whole, { early: [line('one\n')], lateMs: 1 })).toMatchObject({
    message: 'one\nDONE',
    waitedMs: 100,
  });
});

it('where the end never comes, what is there is the message after three seconds', async () => {
  expect(await messageOf([line('one\n')])).toMatchObject({ message: 'one\n', waitedMs: 3000 });
});
