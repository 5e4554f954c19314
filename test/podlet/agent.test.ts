// What the agent does and when, on fakes and a virtual clock.
import { describe, expect, it } from 'vitest';
import { present } from '../../src/present.ts';
import { AgentBench } from './bench-agent.ts';
import { startOrder } from './sync-server.ts';

const terminate = (graceSeconds: number) => ({ graceSeconds, deadline: '2026-01-01T00:00:00Z' });

describe('starting', () => {
  it('D3: orders nothing before every supervisor has said hello', async () => {
    const bench = new AgentBench({ containers: ['a', 'b'] });
    bench.desired.containers = {};
    void bench.agent.run();
    await bench.clock.settle();
    await bench.startContainer('a');
    bench.supervisors.hello('a');
    await bench.clock.advance(60_000);
    expect(bench.sent('start')).toEqual([]);
    bench.supervisors.hello('b');
    await bench.clock.advance(2_000);
    expect(bench.sent('start')).toHaveLength(1);
    expect(bench.last).toMatchObject({
      sandboxReady: true,
      containers: { a: { run: { run: 1, started: true, ready: true } } },
    });
  });

  it('starts a container that joined the running task once its supervisor has said hello', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    await bench.clock.advance(600);
    await bench.startContainer('a');
    await bench.want(({ containers }) => {
      containers.debugger = { run: 0, added: true };
    });
    expect(bench.supervisors.admitted).toEqual(['debugger']);
    await bench.startContainer('debugger');
    expect(bench.sent('start')).toHaveLength(1);
    bench.supervisors.hello('debugger');
    await bench.clock.advance(2_000);
    expect(bench.sent('start')).toHaveLength(2);
    expect(bench.last).toMatchObject({
      sandboxReady: true,
      containers: { debugger: { hello: true, run: { run: 1 } } },
    });
  });

  it('starts a run once, however often it is wanted, and the next after its exit', async () => {
    const bench = await new AgentBench({
      containers: ['a'],
      script: () => ({ seconds: 5, code: 1 }),
    }).begin();
    await bench.startContainer('a');
    await bench.clock.advance(4_000);
    await bench.startContainer('a', {}, 2);
    expect(bench.sent('start')).toHaveLength(1);
    await bench.clock.advance(60_000);
    expect(bench.sent('start')).toHaveLength(2);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 2, exitCode: 1 });
  });

  it('K2: shows no run while postStart runs, and holds later containers back', async () => {
    const bench = await new AgentBench({
      containers: ['a', 'b'],
      exec: () => ({ code: 0, seconds: 3 }),
    }).begin();
    await bench.want(({ containers }) => {
      containers.a = { run: 0 };
      containers.b = { run: 0 };
    });
    await bench.startContainer('a', { postStart: { exec: { command: ['hook'] } } });
    await bench.startContainer('b');
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toBeUndefined();
    expect(bench.sent('start').map((text) => text.split(' ')[1])).toEqual(['a']);
    await bench.clock.advance(2_500);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1, ready: true });
    expect(bench.sent('start').map((text) => text.split(' ')[1])).toEqual(['a', 'b']);
  });

  it('K3: a failed postStart stops the container with grace and its preStop', async () => {
    const bench = await new AgentBench({
      containers: ['app'],
      exec: (_c, argv) => (argv[0] === 'sh' ? { code: 1, output: 'no\n' } : { code: 0 }),
    }).begin();
    await bench.startContainer('app', {
      postStart: { exec: { command: ['sh', '-c', 'echo no; exit 1'] } },
      stop: { signal: 'SIGTERM', graceSeconds: 30, preStop: { exec: { command: ['bye'] } } },
    });
    await bench.clock.advance(2_000);
    expect(bench.last.containers.app?.run).toMatchObject({
      exitCode: 143,
      postStartError:
        'Exec lifecycle hook ([sh -c echo no; exit 1]) for Container "app" in Pod "p_ns(uid-1)" failed - error: command \'sh -c echo no; exit 1\' exited with 1: , message: "no\\n"',
    });
    expect(bench.events.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      'FailedPostStartHook PostStartHook failed',
      'Killing FailedPostStartHook',
    ]);
    expect(bench.sent('exec')).toHaveLength(2);
  });

  it('reports why an executable cannot start', async () => {
    const bench = await new AgentBench({
      containers: ['a'],
      script: () => ({ startError: 'exec: "nope": executable file not found in $PATH' }),
    }).begin();
    await bench.startContainer('a');
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toMatchObject({
      exitCode: 128,
      startError: 'exec: "nope": executable file not found in $PATH',
    });
  });
});

describe('starting with its files and volumes', () => {
  it('I1: shares hosts, host name and resolv.conf before anything starts: containers with a read-only root cannot write them', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    await bench.want((desired) => {
      desired.hosts = {
        hostname: 'db-0',
        hosts: '10.1.2.3\tlegacy\n',
        resolvConf: 'search corp\n',
      };
    });
    await bench.startContainer('a');
    await bench.clock.advance(1_000);
    expect(bench.sent('start')).toHaveLength(1);
    expect(bench.shared).toEqual([
      { path: '/etc/hosts', content: '10.1.2.3\tlegacy\n' },
      { path: '/etc/hostname', content: 'db-0\n' },
      { path: '/etc/resolv.conf', content: 'search corp\n' },
    ]);
  });

  it('waits while a volume is missing', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    await bench.want((desired) => {
      desired.volumes = { v: { version: '1', missing: 'configmap "x" not found' } };
    });
    await bench.startContainer('a');
    await bench.clock.advance(2_000);
    expect(bench.sent('start')).toEqual([]);
    await bench.want((desired) => {
      desired.volumes = { v: { version: '2', files: [] } };
    });
    await bench.clock.advance(2_000);
    expect(bench.sent('start')).toHaveLength(1);
  });

  it('F1: says why a volume cannot be set up, and tries again as the kubelet does', async () => {
    const apply = (): Promise<void> => Promise.reject(new Error('file already exists'));
    const bench = await new AgentBench({ containers: ['a'], volumes: { apply } }).begin();
    await bench.want((desired) => {
      desired.volumes = { v: { version: '1', files: [] } };
    });
    await bench.startContainer('a');
    await bench.clock.advance(10_000);
    expect(bench.sent('start')).toEqual([]);
    expect(bench.last.containers.a?.waiting).toBeUndefined();
    expect(
      bench.events.map(({ reason, message, container }) => [reason, message, container]),
    ).toEqual(
      Array.from({ length: 5 }, () => [
        'FailedMount',
        'MountVolume.SetUp failed for volume "v" : file already exists',
        undefined,
      ]),
    );
  });

  it.each([
    [
      'an emptyDir above its limit',
      { v: 3_000 },
      'Usage of EmptyDir volume "v" exceeds the limit "2k". ',
    ],
    [
      'all volumes on disk above the limit of the containers',
      { v: 1_500, w: 1_500 },
      'Pod ephemeral local storage usage exceeds the total limit of containers 2500. ',
    ],
    ['volumes in memory are no storage', { v: 1_500, m: 9_000 }, undefined],
    [
      'the parts of an emptyDir above their common limit',
      { v: 1_200, v_1_a: 1_200 },
      'Usage of EmptyDir volume "v" exceeds the limit "2k". ',
    ],
  ])('O4: asks for eviction by %s', async (_what, used: { [volume: string]: number }, evict) => {
    const bench = await new AgentBench({
      containers: ['a'],
      volumes: { usedBytes: (names) => Promise.resolve(names.map((name) => used[name] ?? 0)) },
    }).begin();
    await bench.want((desired) => {
      desired.storageLimit = { bytes: 2_500, text: '2500' };
      desired.volumes = {
        v: { version: '1', emptyDir: true, sizeLimit: { bytes: 2_000, text: '2k' } },
        w: { version: '1', emptyDir: true },
        m: { version: '1', emptyDir: true, sticky: true },
      };
      desired.volumes['v_1_a'] = {
        version: '1',
        emptyDir: true,
        partOf: 'v',
        sizeLimit: { bytes: 2_000, text: '2k' },
      };
    });
    await bench.clock.advance(12_000);
    expect(bench.last.evict).toBe(evict);
  });
});

const running = async (
  script: ConstructorParameters<typeof AgentBench>[0]['script'],
  containers = ['a'],
): Promise<AgentBench> => {
  const bench = await new AgentBench({
    containers,
    ...present({ script }),
    exec: () => ({ code: 0, seconds: 60 }),
  }).begin();
  for (const name of containers) await bench.startContainer(name);
  await bench.clock.advance(10_000 - bench.second() * 1000);
  return bench;
};
const at10 = (texts: string[]): string[] =>
  texts.map((text) => text.replace(/^[\d.]+/, (second) => String(Math.round(Number(second)) - 10)));

describe('stopping', () => {
  it.each([
    ['L1: one that obeys gets TERM only', {}, 30, ['0 a kill SIGTERM'], 143],
    [
      'L3: one that does not gets KILL after the grace',
      { onTerm: 'ignore' as const },
      30,
      ['0 a kill SIGTERM', '30 a kill SIGKILL'],
      137,
    ],
    [
      'the signal gets two seconds at least',
      { onTerm: 'ignore' as const },
      1,
      ['0 a kill SIGTERM', '2 a kill SIGKILL'],
      137,
    ],
    [
      'one that takes its time keeps its code',
      { onTerm: { code: 7, seconds: 9 } },
      30,
      ['0 a kill SIGTERM'],
      7,
    ],
    ['grace 0 is KILL at once', { onTerm: 'ignore' as const }, 0, ['0 a kill SIGKILL'], 137],
  ])('%s', async (_name, run, grace, kills, code) => {
    const bench = await running(() => run);
    await bench.want((desired) => {
      desired.terminate = terminate(grace);
    });
    await bench.clock.runUntil(bench.ended);
    expect(at10(bench.sent('kill'))).toEqual(kills);
    expect(bench.last).toMatchObject({
      done: true,
      containers: { a: { run: { exitCode: code } } },
    });
    expect(bench.supervisors.left).toEqual(new Set(['a']));
    expect(bench.events.map(({ message }) => message)).toEqual(['Stopping container a']);
  });

  it('L4: preStop comes first; when it outlasts the grace the signal still gets two seconds', async () => {
    const bench = await new AgentBench({
      containers: ['a'],
      script: () => ({ onTerm: 'ignore' }),
      exec: () => ({ code: 0, seconds: 60 }),
    }).begin();
    await bench.startContainer('a', {
      stop: { signal: 'SIGQUIT', graceSeconds: 30, preStop: { exec: { command: ['bye'] } } },
    });
    await bench.clock.advance(10_000 - bench.second() * 1000);
    await bench.want((desired) => {
      desired.terminate = terminate(20);
    });
    await bench.clock.runUntil(bench.ended);
    expect(at10(bench.sent('exec', 'kill'))).toEqual([
      '0 a exec bye',
      '20 a kill SIGQUIT',
      '22 a kill SIGKILL',
    ]);
    expect(bench.events.map(({ reason }) => reason)).toEqual(['Killing', 'FailedPreStopHook']);
  });

  it('a shorter second grace counts from the beginning of the stop', async () => {
    const bench = await running(() => ({ onTerm: 'ignore' }));
    await bench.want((desired) => {
      desired.terminate = terminate(60);
    });
    await bench.clock.advance(5_000);
    await bench.want((desired) => {
      desired.terminate = terminate(8);
    });
    await bench.clock.runUntil(bench.ended);
    expect(at10(bench.sent('kill'))).toEqual(['0 a kill SIGTERM', '8 a kill SIGKILL']);
  });

  it('sidecars get their signal last, in reverse, and never later than the grace', async () => {
    const bench = await running(
      (name) => ({ onTerm: { code: 0, seconds: name === 'app' ? 4 : 3 } }),
      ['one', 'two', 'app'],
    );
    await bench.want((desired) => {
      desired.terminate = terminate(30);
      Object.assign(desired.containers.one!, { sidecar: 0 });
      Object.assign(desired.containers.two!, { sidecar: 1 });
    });
    await bench.clock.runUntil(bench.ended);
    expect(at10(bench.sent('kill'))).toEqual([
      '0 app kill SIGTERM',
      '4 two kill SIGTERM',
      '7 one kill SIGTERM',
    ]);
    const stuck = await running(() => ({ onTerm: 'ignore' }), ['one', 'app']);
    await stuck.want((desired) => {
      desired.terminate = terminate(5);
      Object.assign(desired.containers.one!, { sidecar: 0 });
    });
    await stuck.clock.runUntil(stuck.ended);
    expect(at10(stuck.sent('kill')).sort()).toEqual([
      '0 app kill SIGTERM',
      '5 app kill SIGKILL',
      '5 one kill SIGTERM',
      '7 one kill SIGKILL',
    ]);
  });

  it("the engine's TERM is the app's when sync wants no end, and restarts then follow the policy", async () => {
    const bench = await running(() => ({ onTerm: { code: 9, seconds: 0 } }));
    bench.supervisors.term('a');
    await bench.clock.advance(2_000);
    expect(bench.sent('ack')).toEqual([expect.stringContaining('ack true')]);
    expect(bench.last.containers.a?.run).toMatchObject({ exitCode: 9 });
    expect(bench.hasEnded).toBe(false);
  });

  it("with the API silent the engine's TERM stops the container by its plan within 2.5 s, and the podlet leaves at last", async () => {
    const bench = await running(() => ({}));
    bench.api = 'down';
    bench.supervisors.term('a');
    await bench.clock.advance(2_400);
    expect(bench.sent('ack')).toEqual([]);
    await bench.clock.advance(600);
    expect(bench.sent('ack', 'kill')).toEqual([
      expect.stringContaining('ack false'),
      expect.stringContaining('kill SIGTERM'),
    ]);
    bench.engineTerm.abort();
    await bench.clock.advance(114_000);
    expect(bench.hasEnded).toBe(false);
    await bench.clock.advance(2_000);
    expect(bench.hasEnded).toBe(true);
  });
});

describe('stopping without an order', () => {
  it('refused by the API it stops all and leaves without a word', async () => {
    const bench = await running(() => ({}));
    bench.api = 'refuse';
    await bench.want(() => undefined);
    await bench.clock.runUntil(bench.ended);
    expect(at10(bench.sent('kill'))[0]).toContain('SIGTERM');
    expect(bench.supervisors.left).toEqual(new Set(['a']));
  });

  it('a container whose supervisor stays away is lost', async () => {
    const bench = await running(() => ({}));
    bench.supervisors.disconnect('a');
    await bench.clock.advance(9_000);
    expect(bench.last.containers.a?.run?.exitCode).toBeUndefined();
    await bench.clock.advance(3_000);
    expect(bench.last.containers.a?.run).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    });
  });

  it.each([
    ['before its first run was ordered', false],
    ['while its first run was on the way', true],
  ])('C9: a container killed %s has lost that run', async (_when, ordered) => {
    const bench = await new AgentBench({ containers: ['a', 'b'] }).begin();
    // An order to a dead supervisor is lost.
    const send = bench.supervisors.send.bind(bench.supervisors);
    bench.supervisors.send = (container, message) => {
      if (message.type !== 'start' || container !== 'a') send(container, message);
    };
    await bench.want(({ containers }) => {
      containers.a = { run: 0 };
      containers.b = { run: 0 };
    });
    if (ordered) await bench.startContainer('a');
    bench.supervisors.disconnect('a');
    if (!ordered) await bench.startContainer('a');
    await bench.startContainer('b');
    await bench.clock.advance(13_000);
    expect(bench.last.containers.a?.run).toMatchObject({
      run: 1,
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      started: false,
      ready: false,
    });
    expect(bench.last.containers.a?.run?.startedAt).toBeUndefined();
    expect(bench.last.containers.b?.run).toMatchObject({ run: 1, started: true });
  });

  it('C9: a container killed between two runs has lost the next', async () => {
    const bench = await new AgentBench({
      containers: ['a'],
      script: () => ({ seconds: 1, code: 1 }),
    }).begin();
    await bench.startContainer('a');
    await bench.clock.advance(3_000);
    bench.supervisors.disconnect('a');
    await bench.clock.advance(11_000);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1, exitCode: 1 });
    await bench.startContainer('a', {}, 2);
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toMatchObject({
      run: 2,
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    });
  });

  it('C9: a pod whose container was killed before its start can end', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    const send = bench.supervisors.send.bind(bench.supervisors);
    bench.supervisors.send = (container, message) => {
      if (message.type !== 'start') send(container, message);
    };
    await bench.startContainer('a');
    bench.supervisors.disconnect('a');
    await bench.want((desired) => {
      desired.terminate = terminate(30);
    });
    await bench.clock.advance(12_000);
    expect(bench.hasEnded).toBe(true);
  });

  it('gives a signal again to a supervisor that was away', async () => {
    const bench = await running(() => ({ onTerm: 'ignore' }));
    bench.supervisors.disconnect('a');
    await bench.want((desired) => {
      desired.terminate = terminate(30);
    });
    await bench.clock.advance(500);
    expect(bench.sent('kill')).toEqual([]);
    bench.supervisors.hello('a');
    await bench.clock.settle();
    expect(bench.sent('kill')).toHaveLength(1);
    bench.supervisors.disconnect('a');
    bench.supervisors.hello('a');
    await bench.clock.settle();
    expect(bench.sent('kill')).toHaveLength(2);
  });

  it('stops one container where the API asks for it', async () => {
    const bench = await running(() => ({}), ['a', 'b']);
    await bench.want(({ containers }) => {
      Object.assign(containers.a!, {
        stop: { graceSeconds: 30, message: 'Container a definition changed, will be restarted' },
      });
    });
    await bench.clock.advance(2_000);
    expect(bench.sent('kill').map((text) => text.split(' ')[1])).toEqual(['a']);
    expect(bench.events.map(({ message }) => message)).toEqual([
      'Container a definition changed, will be restarted',
    ]);
  });
});

describe('probes', () => {
  const probe = (more: object = {}) => ({
    handler: { exec: { command: ['check'] } },
    initialDelaySeconds: 0,
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
    killSuffix: ', will be restarted',
    ...more,
  });

  it('J1: liveness failures kill with the grace after the threshold, and say so', async () => {
    let healthy = true;
    const bench = await new AgentBench({
      containers: ['a'],
      exec: () => (healthy ? { code: 0 } : { code: 1, output: 'sick' }),
      script: () => ({ onTerm: 'ignore' }),
    }).begin();
    await bench.startContainer('a', { liveness: probe({ terminationGracePeriodSeconds: 4 }) });
    await bench.clock.advance(15_000);
    healthy = false;
    await bench.clock.advance(40_000);
    expect(
      bench
        .eventTexts()
        .map((text) => text.replace(/^([\d.]+)/, (second) => String(Math.round(Number(second))))),
    ).toEqual([
      '20 Unhealthy Liveness probe failed: sick',
      '30 Unhealthy Liveness probe failed: sick',
      '40 Unhealthy Liveness probe failed: sick',
      '40 Killing Container a failed liveness probe, will be restarted',
    ]);
    expect(bench.last.containers.a?.run).toMatchObject({ exitCode: 137, killedByProbe: true });
    expect(bench.sent('kill').map((text) => Math.round(Number.parseFloat(text)))).toEqual([40, 44]);
  });

  it.each([
    [
      'the last container: the whole pod is stopped, with its own grace',
      ['a'],
      ['Stopping container a'],
      30,
    ],
    ['not the last container: it alone', ['a', 'b'], ['Container a failed liveness probe'], 4],
  ])('J1: liveness failures under Never, %s', async (_name, containers, killing, grace) => {
    const bench = await new AgentBench({
      containers,
      exec: () => ({ code: 1 }),
      script: () => ({ onTerm: 'ignore' }),
    }).begin();
    for (const name of containers.slice(1)) await bench.startContainer(name);
    await bench.startContainer('a', {
      liveness: probe({ terminationGracePeriodSeconds: 4, failureThreshold: 1, killSuffix: '' }),
    });
    await bench.clock.advance(60_000);
    expect(
      bench.events.filter(({ reason }) => reason === 'Killing').map(({ message }) => message),
    ).toEqual(killing);
    const [term, kill] = bench.sent('kill').map((text) => Math.round(Number.parseFloat(text)));
    expect((kill ?? 0) - (term ?? 0)).toBe(grace);
  });

  it('readiness only shows; errors do not count', async () => {
    let answer: { code: number; error?: string } = { code: 0 };
    const bench = await new AgentBench({ containers: ['a'], exec: () => answer }).begin();
    await bench.startContainer('a', {
      readiness: probe({ failureThreshold: 1, initialDelaySeconds: 5 }),
    });
    await bench.clock.advance(3_000);
    expect(bench.last.containers.a?.run).toMatchObject({ started: true, ready: false });
    await bench.clock.advance(3_000);
    expect(bench.last.containers.a?.run).toMatchObject({ ready: true });
    answer = { code: 0, error: 'exec: "check": executable file not found in $PATH' };
    await bench.clock.advance(20_000);
    expect(bench.last.containers.a?.run).toMatchObject({ ready: true });
    expect(bench.events.at(-1)?.message).toMatch(
      /^Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "check": executable file not found in \$PATH: unknown$/,
    );
    answer = { code: 1 };
    await bench.clock.advance(10_000);
    expect(bench.last.containers.a?.run).toMatchObject({ ready: false });
    expect(bench.sent('kill')).toEqual([]);
  });

  it('holds liveness and readiness until startup has passed', async () => {
    let up = false;
    const bench = await new AgentBench({
      containers: ['a'],
      exec: () => ({ code: up ? 0 : 1 }),
    }).begin();
    await bench.startContainer('a', {
      startup: probe({ failureThreshold: 30, periodSeconds: 1 }),
      readiness: probe(),
      liveness: probe(),
    });
    await bench.clock.advance(5_000);
    expect(bench.last.containers.a?.run).toMatchObject({ started: false, ready: false });
    expect(bench.events.every(({ message }) => message.startsWith('Startup probe failed: '))).toBe(
      true,
    );
    up = true;
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toMatchObject({ started: true, ready: true });
  });

  it('a startup probe that never passes kills', async () => {
    const bench = await new AgentBench({ containers: ['a'], exec: () => ({ code: 1 }) }).begin();
    await bench.startContainer('a', { startup: probe({ failureThreshold: 2, periodSeconds: 1 }) });
    await bench.clock.advance(5_000);
    expect(bench.last.containers.a?.run).toMatchObject({ exitCode: 143, killedByProbe: true });
    expect(bench.events.at(-1)?.message).toBe(
      'Container a failed startup probe, will be restarted',
    );
  });

  it('says when a command takes too long', async () => {
    const bench = await new AgentBench({
      containers: ['a'],
      exec: () => ({ code: 0, seconds: 3 }),
    }).begin();
    await bench.startContainer('a', {
      readiness: probe({ handler: { exec: { command: ['sleep', '3'] } } }),
    });
    await bench.clock.advance(5_000);
    expect(bench.events[0]?.message).toBe(
      'Readiness probe failed: command timed out: "sleep 3" timed out after 1s',
    );
  });
});

describe('talking to the API', () => {
  it('goes on without an answer, probes included, and reports all later', async () => {
    const bench = await new AgentBench({
      containers: ['a'],
      script: (_name, run) => ({ seconds: run * 5, code: run }),
    }).begin();
    await bench.startContainer('a');
    await bench.clock.advance(1_000);
    bench.api = 'down';
    await bench.clock.advance(60_000);
    bench.api = 'up';
    await bench.clock.advance(10_000);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1, exitCode: 1 });
  });

  it('opens each session once and dials not again', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    await bench.want(({ sessions }) => {
      sessions.push({ id: 's1', url: 'ws://x', container: 'a', kind: 'exec', argv: ['ls'] });
    });
    await bench.clock.advance(60_000);
    expect(bench.opened).toEqual(['s1']);
  });

  it('C9: the pod says what a restarted container finds changed in its root', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    await bench.clock.advance(600);
    await bench.startContainer('a');
    bench.supervisors.leftover('a', ['/opt/large', '/opt/other'], 3);
    await bench.clock.advance(1_000);
    expect(bench.events).toMatchObject([
      {
        type: 'Warning',
        reason: 'RootNotRestored',
        container: 'a',
        message:
          'Run 1 does not find the root file system as the first run did: /opt/large, /opt/other and 3 more',
      },
    ]);
  });

  it('a start is two reports: the first, and one with hello, volumes and the run', async () => {
    const bench = new AgentBench({ containers: ['a'] });
    bench.desired = {
      ...bench.desired,
      containers: { a: { run: 1, start: startOrder(['app'], {}) } },
      volumes: { v: { version: '1', files: [] } },
    };
    await bench.begin();
    await bench.clock.advance(1_000);
    expect(bench.reports.map(({ report }) => report)).toMatchObject([
      { sandboxReady: false, volumes: {}, containers: { a: { hello: false } } },
      { sandboxReady: true, volumes: { v: '1' }, containers: { a: { run: { run: 1 } } } },
    ]);
  });

  it('a hello that no start follows is reported by itself', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    expect(bench.last.sandboxReady).toBe(false);
    await bench.clock.advance(600);
    expect(bench.last.sandboxReady).toBe(true);
  });

  it('an idle podlet asks about once per hold, not more', async () => {
    const bench = await new AgentBench({ containers: ['a'] }).begin();
    await bench.startContainer('a');
    await bench.clock.advance(10_000);
    const before = bench.reports.length;
    await bench.clock.advance(300_000);
    expect(bench.reports.length - before).toBeLessThan(15);
  });
});
