// What the podlet costs while a pod runs: restart in place, memory, and probes.
import { COMMAND } from './engine.ts';
import { isReady, oneContainer, type Subject } from './subject.ts';
import { summary, type Measure } from './summary.ts';

const LINE = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d+)Z [^\n]*?(up|end)/g;
const ONCE = ['sh', '-c', 'echo up; [ -e /tmp/again ] && exec sleep 600; touch /tmp/again; sleep 0.3; echo end; exit 0'];
const PROBED_CONTAINERS = 5;
const PROBES_PER_SECOND = 2 * PROBED_CONTAINERS;
const PROBED_MS = 8_000;

/** From the last output of run 1 to the first of run 2, by the engine's clock: the first restart has no back-off. */
export async function benchRestart(subject: Subject, runs: number): Promise<Measure[]> {
  const gaps: number[] = [];
  for (let run = 0; run < runs; run++) {
    const name = `restart-${run}`;
    const restarted = subject.shown(name, ({ containerStatuses }) => containerStatuses?.[0]?.restartCount === 1);
    await subject.create(name, oneContainer(ONCE));
    await restarted;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const log = (await subject.call('GET', `/containers/${await subject.containerId('app')}/logs?stdout=1&timestamps=1`)) as Buffer;
    const lines = [...log.toString('latin1').matchAll(LINE)].map(([, second = '', fraction = '', word]) => ({ word, at: Date.parse(`${second}Z`) + Number(`0.${fraction}`) * 1000 }));
    const [end, again] = [lines.find(({ word }) => word === 'end'), lines.filter(({ word }) => word === 'up')[1]];
    if (end && again) gaps.push(again.at - end.at);
    await subject.remove(name);
    await subject.settled();
  }
  return [{ name: 'restart in place: exit to the next run', unit: 'ms', ...summary(gaps), goal: 100 }];
}

/** Milliseconds of processor time that the container has used so far. */
async function cpuMs({ call }: Subject, id: string): Promise<number> {
  const { cpu_stats } = (await call('GET', `/containers/${id}/stats?stream=false&one-shot=true`)) as { cpu_stats: { cpu_usage: { total_usage: number } } };
  return cpu_stats.cpu_usage.total_usage / 1e6;
}

/** Resident memory of all processes in the container, shared pages of the Node binary included. */
async function residentMiB({ call }: Subject, id: string): Promise<number> {
  const { Processes } = (await call('GET', `/containers/${id}/top?ps_args=${encodeURIComponent('-eo pid,rss')}`)) as { Processes: string[][] };
  return Processes.reduce((sum, [, rss = '0']) => sum + Number(rss), 0) / 1024;
}

/** Ten exec probes a second for some seconds: processor time of the podlet and of the probed containers. */
export async function benchProbes(subject: Subject): Promise<Measure[]> {
  const probe = { exec: { command: ['true'] }, periodSeconds: 1 };
  const names = Array.from({ length: PROBED_CONTAINERS }, (_, index) => `c${index}`);
  const ready = subject.shown('probed', isReady);
  await subject.create('probed', { containers: names.map((name) => ({ name, image: 'busybox', imagePullPolicy: 'IfNotPresent', command: COMMAND, readinessProbe: probe, livenessProbe: probe })) });
  await ready;
  const podlet = await subject.containerId('droppod-podlet');
  const apps = await Promise.all(names.map((name) => subject.containerId(name)));
  const all = (): Promise<number[]> => Promise.all([podlet, ...apps].map((id) => cpuMs(subject, id)));
  const [before, began] = [await all(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, PROBED_MS));
  const [after, tookMs] = [await all(), performance.now() - began];
  const spent = after.map((used, index) => used - (before[index] ?? 0));
  const [ofPodlet = 0, ...ofApps] = spent;
  const resident = await residentMiB(subject, podlet);
  const probes = (PROBES_PER_SECOND * tookMs) / 1000;
  await subject.remove('probed');
  await subject.settled();
  return [
    { name: 'podlet memory (RSS), 5 containers probed', unit: 'MiB', value: resident, goal: 50 },
    { name: 'podlet CPU at 10 exec probes/s', unit: '% of a core', value: (ofPodlet / tookMs) * 100 },
    { name: 'exec probe: CPU of podlet, supervise and `true`', unit: 'ms', value: spent.reduce((sum, one) => sum + one, 0) / probes, goal: 10 },
    { name: '  of it in the probed container', unit: 'ms', value: ofApps.reduce((sum, one) => sum + one, 0) / probes },
  ];
}
