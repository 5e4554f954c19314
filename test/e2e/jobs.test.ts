// Jobs and CronJobs with stock kubectl and real containers.
import { describe, expect, it } from 'vitest';
import { example } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();
const out = async (...words: string[]): Promise<string> => {
  const { stdout, stderr, code } = await dp.k(...words);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout.trim();
};

describe('a Job', () => {
  it('Q4: runs to completion; wait, logs and describe find it', async () => {
    expect(await out('apply', '-f', example('job'))).toBe('job.batch/hello created');
    expect(await out('wait', '--for=condition=complete', 'job/hello', '--timeout=180s')).toBe(
      'job.batch/hello condition met',
    );
    expect(await out('logs', 'job/hello')).toBe('Hello, Kubernetes!');
    expect(await out('get', 'job', 'hello', '--no-headers')).toMatch(/^hello +Complete +1\/1 /);
    const described = await out('describe', 'job', 'hello');
    expect(described).toContain('0 Active (0 Ready) / 1 Succeeded / 0 Failed');
    expect(described).toMatch(/Normal +SuccessfulCreate .* Created pod: hello-\w{5}/);
    expect(described).toMatch(/Normal +Completed .* Job completed/);
  });

  it('Q4: takes its pods with it when kubectl deletes it', async () => {
    expect(await out('delete', 'job', 'hello')).toContain('"hello" deleted');
    await expect.poll(async () => (await dp.k('get', 'pods', '--no-headers')).stdout).toBe('');
  });

  it('Q4: of too many failures fails', async () => {
    await out('create', 'job', 'fails', '--image=busybox', '--', 'sh', '-c', 'exit 3');
    await out('patch', 'job', 'fails', '-p', '{"spec":{"backoffLimit":0}}');
    await out('wait', '--for=condition=failed', 'job/fails', '--timeout=180s');
    expect(await out('get', 'job', 'fails', '-o', 'jsonpath={.status.failed}')).toBe('1');
  });
});

describe('a CronJob', () => {
  it('Q5: makes a Job by hand and by the clock', async () => {
    expect(await out('apply', '-f', example('cron-job'))).toBe('cronjob.batch/tick created');
    await out('create', 'job', 'by-hand', '--from=cronjob/tick');
    await out('wait', '--for=condition=complete', 'job/by-hand', '--timeout=180s');
    await expect
      .poll(async () => (await dp.k('get', 'cronjob', 'tick', '-o', 'yaml')).stdout, {
        timeout: 200_000,
        interval: 2_000,
      })
      .toContain('lastSuccessfulTime');
    expect(await out('get', 'cronjob', 'tick', '--no-headers')).toMatch(
      /^tick +\* \* \* \* \* +Europe\/Berlin +False /,
    );
  });
});
