// shareProcessNamespace: containers see the podlet's processes, but not its secrets (real containers).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killContainer } from '../../local/docker/containers.ts';
import { docker } from './lab.ts';
import { podletImage, TestPod } from './pod.ts';
import { startOrder } from './sync-server.ts';

/** What root in a container can open of the podlet's processes (init, stage, agent), by name. */
const LOOK = `look() {
  for f in environ mem maps auxv fd/0 fd/1 exe root/podlet/state/secret root/podlet/podlet.js cwd/podlet/podlet.js; do
    ( : </proc/$1/$f ) 2>/dev/null && echo "$2 $f"
  done
  for f in fd/0 root cwd exe; do readlink /proc/$1/$f >/dev/null && echo "$2 link $f"; done
  [ -n "$(ls /proc/$1/root/ 2>/dev/null)$(ls /proc/$1/map_files/ 2>/dev/null)" ] && echo "$2 lists"
}
agents() { for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' <$p/cmdline)" in "/podlet/bun "*) echo "\${p#/proc/}";; esac; done; }`;

describe('a pod whose containers share processes', () => {
  let pod: TestPod;
  let run = 0;
  beforeAll(async () => {
    await podletImage();
    pod = await TestPod.open({ containers: ['a'], sharedProcesses: true });
    await pod.server.until(({ sandboxReady }) => sandboxReady);
  });
  afterAll(() => pod.close());

  async function says(script: string): Promise<string> {
    run += 1;
    pod.server.want(({ containers }) => {
      containers.a = {
        run,
        start: startOrder(['sh', '-c', `{ ${script}\n} >/dev/termination-log 2>&1`]),
      };
    });
    const report = await pod.server.until(
      ({ containers }) => containers.a?.run?.run === run && containers.a.run.exitCode !== undefined,
    );
    return report.containers.a?.run?.message ?? '';
  }

  it('sees the podlet, and a process of its own that it may look into', async () => {
    const text = await says(
      `${LOOK}\nsleep 5 & look $! own; agents | wc -l; grep -c . /proc/1/status >/dev/null && echo sees 1`,
    );
    expect(text).toContain('own environ\nown mem\nown maps\n');
    expect(text).toContain('own lists\n1\nsees 1\n');
  });

  it('root reads nothing of the podlet: environment, memory, descriptors, files', async () => {
    expect(
      await says(`${LOOK}\nlook 1 init; for p in $(agents); do look $p agent; done; echo end`),
    ).toBe('end\n');
  });

  it('nor of the supervisor of its container', async () => {
    expect(await says(`${LOOK}\nlook $PPID supervise; echo end`)).toBe('end\n');
  });

  it('nor while the podlet crashes and begins anew', async () => {
    const watch =
      'i=0; while [ $i -lt 150 ]; do for p in /proc/[0-9]*; do grep -aq DROPPOD_TOKEN $p/environ 2>/dev/null && echo "read $(tr "\\0" " " <$p/cmdline)"; done; i=$((i+1)); done; echo end';
    const boot = pod.server.last?.bootId;
    const said = says(watch);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await killContainer(docker, pod.podlet, 'SIGABRT');
    expect(await said).toBe('end\n');
    await pod.server.until(({ bootId, sandboxReady }) => bootId !== boot && sandboxReady);
  });

  it("signals to process 1 are not the podlet's, and a stopped one goes on", async () => {
    const boot = pod.server.last?.bootId;
    await says('for s in HUP QUIT USR1 TERM ABRT; do kill -$s 1; done; sleep 1');
    await says(`${LOOK}\nkill -STOP $(agents); sleep 1`);
    expect(await says('echo up')).toBe('up\n');
    expect(pod.server.last?.bootId).toBe(boot);
  });
});
