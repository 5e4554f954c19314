// K4, K5: when hooks are called and when not, and that they run in the right container.
import { describe, expect, it } from 'vitest';
import type { FakeRun } from '../fakes/fake-supervisors.ts';
import { AgentBench } from './bench-agent.ts';

const stop = { signal: 'SIGTERM', graceSeconds: 30, preStop: { exec: { command: ['bye'] } } };
const LIVENESS = {
  handler: { exec: { command: ['live'] } },
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 5,
  failureThreshold: 1,
  successThreshold: 1,
  killSuffix: '',
};

async function bench(run: FakeRun, order: object = {}, live = 0): Promise<AgentBench> {
  const made = await new AgentBench({
    containers: ['a'],
    script: () => run,
    exec: (_container, argv) => ({ code: argv[0] === 'live' ? live : 0, seconds: 1 }),
  }).begin();
  await made.startContainer('a', { stop, ...order });
  await made.clock.advance(2_000);
  return made;
}
const hooks = (made: AgentBench): string[] =>
  made.sent('exec').filter((text) => !text.endsWith(' live'));

describe('preStop', () => {
  it.each<[string, FakeRun]>([
    ['ends by itself with 0', { seconds: 5 }],
    ['crashes', { seconds: 5, code: 1 }],
    ['is out of memory', { seconds: 5, code: 137, oom: true }],
    ['cannot start', { startError: 'no such file' }],
  ])('K4: is not called for a container that %s', async (_how, run) => {
    const made = await bench(run);
    await made.clock.advance(60_000);
    expect(made.last.containers.a?.run).toMatchObject({ exitCode: expect.any(Number) as number });
    expect(hooks(made)).toEqual([]);
  });

  it('K4: is called once, before the signal, when the pod is deleted', async () => {
    const made = await bench({});
    await made.want((desired) => {
      desired.terminate = { graceSeconds: 30, deadline: '2026-01-01T00:00:00Z' };
    });
    await made.clock.runUntil(made.ended);
    expect(made.sent('exec', 'kill').map((text) => text.replace(/^\S+ /, ''))).toEqual([
      'a exec bye',
      'a kill SIGTERM',
    ]);
  });

  it('K4: is called once, before the signal, when a liveness probe has failed', async () => {
    const made = await bench({}, { liveness: LIVENESS }, 1);
    await made.clock.advance(60_000);
    expect(made.last.containers.a?.run).toMatchObject({ killedByProbe: true });
    expect(
      made
        .sent('exec', 'kill')
        .filter((text) => !text.endsWith(' live'))
        .map((text) => text.replace(/^\S+ /, '')),
    ).toEqual(['a exec bye', 'a kill SIGTERM']);
  });

  it('K4: is not called again for a container that has ended when the pod is deleted', async () => {
    const made = await bench({ seconds: 5 });
    await made.clock.advance(10_000);
    await made.want((desired) => {
      desired.terminate = { graceSeconds: 30, deadline: '2026-01-01T00:00:00Z' };
    });
    await made.clock.runUntil(made.ended);
    expect(made.sent('exec', 'kill')).toEqual([]);
  });
});

it('K5: hooks are orders to the supervisor of their own container, postStart after its process has begun', async () => {
  const made = await bench({}, { postStart: { exec: { command: ['hello'] } } });
  await made.want((desired) => {
    desired.terminate = { graceSeconds: 30, deadline: '2026-01-01T00:00:00Z' };
  });
  await made.clock.runUntil(made.ended);
  expect(made.sent('start', 'exec', 'kill').map((text) => text.replace(/^\S+ /, ''))).toEqual([
    'a start 1',
    'a exec hello',
    'a exec bye',
    'a kill SIGTERM',
  ]);
});
