// What a deployed step logs.
import { expect, it } from 'vitest';
import { jsonLog } from '../../src/aws/json-log.ts';
import { logged } from '../../src/aws/step-log.ts';

const AT = Date.parse('2026-01-01T00:00:00Z');

function written(): { lines: unknown[]; log: Parameters<typeof logged>[1] } {
  const lines: unknown[] = [];
  let reads = 0;
  return {
    lines,
    log: {
      step: 'bind-pod',
      now: () => new Date(AT + 250 * reads++),
      log: jsonLog(
        () => new Date(AT + 250 * reads++),
        (line) => void lines.push(JSON.parse(line)),
      ),
    },
  };
}

it('a step that ends is one line with its pod and its time, without what it got and gave', async () => {
  const { lines, log } = written();
  const step = logged(async (_ports: object, _input: object) => ({ token: 'secret' }), log);
  expect(await step({}, { uid: 'u-1', token: 'secret' })).toEqual({ token: 'secret' });
  expect(lines).toEqual([
    {
      level: 'info',
      msg: 'step ended',
      time: '2026-01-01T00:00:00.500Z',
      step: 'bind-pod',
      pod: 'u-1',
      ms: 250,
    },
  ]);
});

it('a step that fails is one line with the fault, which the machine still sees under its name', async () => {
  const { lines, log } = written();
  const fault = Object.assign(new Error('no such table'), { name: 'Unavailable' });
  const step = logged(async (_ports: object, _input: undefined) => Promise.reject(fault), log);
  await expect(step({}, undefined)).rejects.toBe(fault);
  expect(lines).toEqual([
    {
      level: 'error',
      msg: 'step failed',
      time: '2026-01-01T00:00:00.500Z',
      step: 'bind-pod',
      ms: 250,
      error: 'Unavailable: no such table',
    },
  ]);
});
