// The podlet's cost while a pod runs: restart in place, memory, and probes.
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { connectDocker, dockerSocketPath } from '../../local/docker/engine-api.ts';
import { removeImage } from '../../local/docker/images.ts';
import { COMMAND, cpuMs } from './engine.ts';
import { isReady, type Subject } from './subject.ts';
import { summary, type Measure } from './summary.ts';

const LINE = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d+)Z [^\n]*?(up|end)/g;
const ONCE = [
  'sh',
  '-c',
  'echo up; [ -e /kept/again ] && exec sleep 600; touch /kept/again; sleep 0.3; echo end; exit 0',
];
const MANY_FILES = 'droppod-bench/files:latest';
const MANY_FILES_LINES = `FROM busybox:latest
RUN for d in $(seq 50); do mkdir -p /opt/files/$d; for f in $(seq 100); do echo $d $f >/opt/files/$d/$f; done; done`;
const NOTED_MS = 3_000;
const PROBED_CONTAINERS = 5;
const PROBES_PER_SECOND = 2 * PROBED_CONTAINERS;
const PROBED_MS = 8_000;

/** In-place restarts of a small image and of one with 5 000 files, and the cost of recording that one's root. */
export async function benchRestart(subject: Subject, runs: number): Promise<Measure[]> {
  const docker = connectDocker(dockerSocketPath(process.env.DOCKER_HOST));
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, MANY_FILES_LINES);
  tar.finalize();
  await docker.call('POST', '/build', {
    query: { t: MANY_FILES, forcerm: '1' },
    tar: await buffer(tar),
  });
  try {
    const [once, again] = [
      await firstRunCpuMs(subject, 'Never'),
      await firstRunCpuMs(subject, 'Always'),
    ];
    return [
      {
        name: 'restart in place: exit to the next run',
        unit: 'ms',
        ...summary(await restartGaps(subject, 'busybox', runs)),
        goal: 100,
      },
      {
        name: 'restart in place, root of 5 000 files',
        unit: 'ms',
        ...summary(await restartGaps(subject, MANY_FILES, runs)),
        goal: 100,
      },
      { name: 'noting a root of 5 000 files: CPU', unit: 'ms', value: again - once, goal: 50 },
    ];
  } finally {
    await removeImage(docker, MANY_FILES);
    docker.close();
  }
}

/** CPU time of a container's first seconds; under Never nothing is recorded. */
async function firstRunCpuMs(subject: Subject, restartPolicy: string): Promise<number> {
  const ready = subject.shown('noted', isReady);
  await subject.create('noted', {
    restartPolicy,
    containers: [
      { name: 'app', image: MANY_FILES, imagePullPolicy: 'IfNotPresent', command: COMMAND },
    ],
  });
  await ready;
  await new Promise((resolve) => setTimeout(resolve, NOTED_MS));
  const used = await cpuMs(subject.call, await subject.containerId('app'));
  await subject.remove('noted');
  await subject.settled();
  return used;
}

/** From the last output of run 1 to the first of run 2, by the engine's clock: the first restart has no back-off. */
async function restartGaps(subject: Subject, image: string, runs: number): Promise<number[]> {
  const gaps: number[] = [];
  for (let run = 0; run < runs; run++) {
    const name = `restart-${run}`;
    const restarted = subject.shown(
      name,
      ({ containerStatuses }) => containerStatuses?.[0]?.restartCount === 1,
    );
    const app = {
      name: 'app',
      image,
      imagePullPolicy: 'IfNotPresent',
      command: ONCE,
      volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
    };
    await subject.create(name, { volumes: [{ name: 'kept', emptyDir: {} }], containers: [app] });
    await restarted;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const log = (await subject.call(
      'GET',
      `/containers/${await subject.containerId('app')}/logs?stdout=1&timestamps=1`,
    )) as Buffer;
    const lines = [...log.toString('latin1').matchAll(LINE)].map(
      ([, second = '', fraction = '', word]) => ({
        word,
        at: Date.parse(`${second}Z`) + Number(`0.${fraction}`) * 1000,
      }),
    );
    const [end, again] = [
      lines.find(({ word }) => word === 'end'),
      lines.filter(({ word }) => word === 'up')[1],
    ];
    if (end && again) gaps.push(again.at - end.at);
    await subject.remove(name);
    await subject.settled();
  }
  return gaps;
}

/** Resident memory of all processes in the container, shared pages of the Node binary included. */
async function residentMiB({ call }: Subject, id: string): Promise<number> {
  const { Processes } = (await call(
    'GET',
    `/containers/${id}/top?ps_args=${encodeURIComponent('-eo pid,rss')}`,
  )) as { Processes: string[][] };
  return Processes.reduce((sum, [, rss = '0']) => sum + Number(rss), 0) / 1024;
}

/** Ten exec probes a second for some seconds: CPU time of the podlet and of the probed containers. */
export async function benchProbes(subject: Subject): Promise<Measure[]> {
  const probe = { exec: { command: ['true'] }, periodSeconds: 1 };
  const names = Array.from({ length: PROBED_CONTAINERS }, (_, index) => `c${index}`);
  const ready = subject.shown('probed', isReady);
  await subject.create('probed', {
    containers: names.map((name) => ({
      name,
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: COMMAND,
      readinessProbe: probe,
      livenessProbe: probe,
    })),
  });
  await ready;
  const podlet = await subject.containerId('droppod-podlet');
  const apps = await Promise.all(names.map((name) => subject.containerId(name)));
  const all = (): Promise<number[]> =>
    Promise.all([podlet, ...apps].map((id) => cpuMs(subject.call, id)));
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
    {
      name: 'podlet CPU at 10 exec probes/s',
      unit: '% of a core',
      value: (ofPodlet / tookMs) * 100,
    },
    {
      name: 'exec probe: CPU of podlet, supervise and `true`',
      unit: 'ms',
      value: spent.reduce((sum, one) => sum + one, 0) / probes,
      goal: 10,
    },
    {
      name: '  of it in the probed container',
      unit: 'ms',
      value: ofApps.reduce((sum, one) => sum + one, 0) / probes,
    },
  ];
}
