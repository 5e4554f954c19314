// Podlet and supervise end to end in real containers against a small sync endpoint.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podletImage, TestPod } from './pod.ts';
import { startOrder } from './sync-server.ts';

describe('a pod of two containers', () => {
  let pod: TestPod;
  beforeAll(async () => {
    await podletImage();
    pod = await TestPod.open({ containers: ['a', 'b'], volumes: ['data', 'conf'] });
    pod.server.want((desired) => {
      desired.volumes = {
        data: { version: '1', emptyDir: true },
        conf: {
          version: '1',
          files: [
            { path: 'key', mode: 0o644, base64: Buffer.from('one').toString('base64') },
            { path: 'deep/er', mode: 0o600, base64: '' },
          ],
        },
      };
    });
  });
  afterAll(() => pod.close());

  it('reports the sandbox ready once every supervisor has said hello', async () => {
    const report = await pod.server.until(({ sandboxReady }) => sandboxReady);
    expect(report.podIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(report.containers.a).toMatchObject({ hello: true });
    expect(pod.server.tokens.size).toBe(1);
    expect([...pod.server.tokens][0]).toMatch(/^Bearer bootstrap\.[\w-]{43}$/);
  });

  it('starts containers in place and reports exits with codes and messages', async () => {
    pod.server.want(({ containers }) => {
      containers.a = {
        run: 1,
        start: startOrder([
          'sh',
          '-c',
          'cat /v/conf/key >/v/data/seen; stat -c %a /v/data >/dev/termination-log; exit 3',
        ]),
      };
      containers.b = {
        run: 1,
        start: startOrder([
          'sh',
          '-c',
          'while [ ! -f /v/data/seen ]; do sleep 0.01; done; cat /v/data/seen >/dev/termination-log; trap "exit 143" TERM; while :; do sleep 0.05; done',
        ]),
      };
    });
    const report = await pod.server.until(
      ({ containers }) =>
        containers.a?.run?.exitCode !== undefined && containers.b?.run !== undefined,
    );
    expect(report.containers.a?.run).toMatchObject({
      run: 1,
      exitCode: 3,
      message: '777\n',
      started: false,
      ready: false,
    });
    expect(report.containers.b?.run).toMatchObject({ run: 1, started: true, ready: true });
  });

  it('updates files in place', async () => {
    pod.server.want(({ volumes }) => {
      volumes.conf = {
        version: '2',
        files: [{ path: 'key', mode: 0o600, base64: Buffer.from('two').toString('base64') }],
      };
    });
    await pod.server.until(({ volumes }) => volumes?.conf === '2');
    pod.server.want(({ containers }) => {
      containers.a = {
        run: 2,
        start: startOrder([
          'sh',
          '-c',
          'cat /v/conf/key >/dev/termination-log; ls /v/conf >>/dev/termination-log; stat -Lc %a /v/conf/key >>/dev/termination-log',
        ]),
      };
    });
    const report = await pod.server.until(
      ({ containers }) => containers.a?.run?.run === 2 && containers.a.run.exitCode !== undefined,
    );
    expect(report.containers.a?.run?.message).toBe('twokey\n600\n');
  });

  it('survives a crash of its own process without a second start', async () => {
    const before = pod.server.last?.containers.b?.run?.startedAt;
    const boot = pod.server.last?.bootId;
    // PID 1 is supervise --init: the agent is its only child.
    await pod.kill(pod.podlet, 'SIGABRT');
    const report = await pod.server.until(
      ({ bootId, sandboxReady, containers }) =>
        bootId !== boot && sandboxReady && containers.b?.run !== undefined,
    );
    expect(report.containers.b?.run).toMatchObject({ run: 1, startedAt: before });
    expect(report.containers.a?.run).toMatchObject({ run: 2, exitCode: 0 });
    expect(pod.server.tokens.size).toBe(1);
    expect(report).toMatchObject({
      boot: 2,
      events: [
        {
          reason: 'PodletRestarted',
          message:
            "The podlet's process ended unexpectedly (signal: aborted) and was started again",
        },
      ],
    });
  });

  it('ends by sync: containers stopped, last report done, everything leaves with 0', async () => {
    pod.server.want((desired) => {
      desired.terminate = { graceSeconds: 5, deadline: new Date(Date.now() + 5_000).toISOString() };
    });
    const report = await pod.server.until(({ done }) => done === true);
    expect(report.containers.b?.run).toMatchObject({ exitCode: 143 });
    expect(pod.server.events.map(({ reason, message }) => `${reason}: ${message}`)).toContain(
      'Killing: Stopping container b',
    );
    for (const id of [pod.podlet, ...Object.values(pod.apps)])
      expect(await pod.exitCode(id)).toBe(0);
  });
});
