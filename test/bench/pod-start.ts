// From POST to a running process, alternating with pause + container started directly through the Engine API; and bursts of ten.
import { COMMAND, cpuMs, firstOutputAt, preciseNow, rawPod, startRaw } from './engine.ts';
import { isReady, oneContainer, ROLE_LABEL, type Subject } from './subject.ts';
import { ratio, summary, type Measure } from './summary.ts';

const IMAGE = 'busybox:latest';
const WARM_UPS = 2;
const BURST = 10;

const PARTS = [
  'api',
  'podletCreated',
  'podletStarted',
  'containerStarted',
  'processUp',
  'ready',
] as const;
type Parts = Record<(typeof PARTS)[number], number>;

async function startPod(subject: Subject, name: string): Promise<Parts> {
  const ready = subject.shown(name, isReady);
  const began = preciseNow();
  await subject.create(name, oneContainer(COMMAND));
  const api = preciseNow();
  const readyAt = await ready;
  const [podletId, appId] = [
    await subject.containerId('droppod-podlet'),
    await subject.containerId('app'),
  ];
  const [pause, app, up] = [
    await times(subject, podletId),
    await times(subject, appId),
    await firstOutputAt(subject.call, appId),
  ];
  await subject.remove(name);
  const at = {
    api,
    podletCreated: pause.created,
    podletStarted: pause.started,
    containerStarted: app.started,
    processUp: up,
    ready: readyAt,
  };
  return Object.fromEntries(PARTS.map((part) => [part, at[part] - began])) as Parts;
}

async function times({ call }: Subject, id: string): Promise<{ created: number; started: number }> {
  const { Created, State } = (await call('GET', `/containers/${id}/json`)) as {
    Created: string;
    State: { StartedAt: string };
  };
  return { created: Date.parse(Created), started: Date.parse(State.StartedAt) };
}

/** One pod after another, each next to its baseline. */
export async function benchStart(subject: Subject, runs: number): Promise<Measure[]> {
  const [raw, ours]: [number[], Parts[]] = [[], []];
  for (let turn = -WARM_UPS; turn < runs; turn++) {
    const parts = await startPod(subject, `start-${turn + WARM_UPS}`);
    await subject.settled();
    const floor = await rawPod(subject.call, IMAGE);
    if (turn < 0) continue;
    ours.push(parts);
    raw.push(floor);
  }
  const compared = ratio(
    ours.map(({ processUp }) => processUp),
    raw,
  );
  // podletStarted and containerStarted come from the engine, so the gap is the podlet's share after the engine is done.
  const share = summary(
    ours.map(({ processUp, containerStarted }) => processUp - containerStarted),
  );
  return [
    { name: 'pause + container through the Engine API', unit: 'ms', ...summary(raw) },
    ...PARTS.map((part) => ({
      name: `droppod: POST until ${part}`,
      unit: 'ms',
      ...summary(ours.map((parts) => parts[part])),
    })),
    { name: 'POST to process / engine alone, p50', unit: '×', value: compared.p50, goal: 1.25 },
    { name: 'POST to process / engine alone, p95', unit: '×', value: compared.p95, goal: 1.5 },
    { name: 'container started to process running (podlet)', unit: 'ms', ...share, goal: 100 },
    { name: 'create to Ready', unit: 'ms', ...summary(ours.map(({ ready }) => ready)), goal: 500 },
  ];
}

/** Ten pods at once, alternating with ten times pause + container at once; the first round of both is a warm-up. */
export async function benchBurst(subject: Subject, rounds: number): Promise<Measure[]> {
  const each = Array.from({ length: BURST }, (_, index) => index);
  const [raw, ours]: [Burst[], Burst[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    const [one, floor] = [await podBurst(subject, each), await rawBurst(subject, each)];
    if (round < 0) continue;
    ours.push(one);
    raw.push(floor);
  }
  const middle = (all: Burst[], part: keyof Burst): number =>
    summary(all.map((burst) => burst[part])).p50;
  const perSecond = (all: Burst[]): number => (BURST * 1000) / middle(all, 'tookMs');
  const cpu = (name: string, value: number): Measure => ({
    name,
    unit: 'ms',
    value: value / BURST,
  });
  return [
    { name: `engine alone, ${BURST} at once`, unit: 'pods/s', value: perSecond(raw) },
    { name: `droppod, ${BURST} at once until Ready`, unit: 'pods/s', value: perSecond(ours) },
    {
      name: 'pods/s / engine alone',
      unit: '×',
      value: perSecond(ours) / perSecond(raw),
      goal: 0.75,
      atLeast: true,
    },
    cpu(
      '  CPU for a pod: the containers of the engine alone',
      middle(raw, 'pause') + middle(raw, 'app'),
    ),
    cpu("  the podlet's container", middle(ours, 'pause')),
    cpu("  the app's container", middle(ours, 'app')),
    cpu('  the serving process', middle(ours, 'serving')),
  ];
}

/** How long a burst took, and the CPU time of its parts, in ms: what the engine itself takes is not in it. */
interface Burst {
  tookMs: number;
  pause: number;
  app: number;
  serving: number;
}

async function podBurst(subject: Subject, each: number[]): Promise<Burst> {
  const names = each.map((index) => `burst-${index}`);
  const [began, before] = [preciseNow(), subject.servingCpuMs()];
  const ready = names.map((name) => subject.shown(name, isReady));
  await Promise.all(names.map((name) => subject.create(name, oneContainer(COMMAND))));
  await Promise.all(ready);
  const tookMs = preciseNow() - began;
  const serving = subject.servingCpuMs() - before;
  const containers = await subject.containers();
  const of = (isApp: boolean): string[] =>
    containers.filter(({ Labels }) => (Labels[ROLE_LABEL] === 'app') === isApp).map(({ Id }) => Id);
  const [pause, app] = [await cpuOf(subject, of(false)), await cpuOf(subject, of(true))];
  await Promise.all(names.map((name) => subject.remove(name)));
  await subject.settled();
  return { tookMs, pause, app, serving };
}

async function rawBurst(subject: Subject, each: number[]): Promise<Burst> {
  const began = preciseNow();
  const made = await Promise.all(each.map(() => startRaw(subject.call, IMAGE)));
  const tookMs = preciseNow() - began;
  const [pause, app] = [
    await cpuOf(
      subject,
      made.map(({ pauseId }) => pauseId),
    ),
    await cpuOf(
      subject,
      made.map(({ id }) => id),
    ),
  ];
  await Promise.all(made.map(({ remove }) => remove()));
  return { tookMs, pause, app, serving: 0 };
}

async function cpuOf({ call }: Subject, ids: string[]): Promise<number> {
  const used = await Promise.all(ids.map((id) => cpuMs(call, id)));
  return used.reduce((sum, one) => sum + one, 0);
}
