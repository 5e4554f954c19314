// From POST to a running process, alternating with pause + container started directly through the Engine API; and bursts of ten.
import { COMMAND, firstOutputAt, preciseNow, rawPod, startRaw } from './engine.ts';
import { isReady, oneContainer, type Subject } from './subject.ts';
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

/** Ten pods at once, alternating with ten times pause + container at once. */
export async function benchBurst(subject: Subject, rounds: number): Promise<Measure[]> {
  const [raw, ours]: [number[], number[]] = [[], []];
  const each = Array.from({ length: BURST }, (_, index) => index);
  for (let round = 0; round < rounds; round++) {
    const names = each.map((index) => `burst-${round}-${index}`);
    const began = preciseNow();
    const ready = names.map((name) => subject.shown(name, isReady));
    await Promise.all(names.map((name) => subject.create(name, oneContainer(COMMAND))));
    await Promise.all(ready);
    ours.push(preciseNow() - began);
    await Promise.all(names.map((name) => subject.remove(name)));
    await subject.settled();
    raw.push(await rawBurst(subject, each));
  }
  const perSecond = (all: number[]): number => (BURST * 1000) / summary(all).p50;
  return [
    { name: 'engine alone, 10 at once', unit: 'pods/s', value: perSecond(raw) },
    { name: 'droppod, 10 at once until Ready', unit: 'pods/s', value: perSecond(ours) },
    {
      name: 'pods/s / engine alone',
      unit: '×',
      value: perSecond(ours) / perSecond(raw),
      goal: 0.8,
      atLeast: true,
    },
  ];
}

async function rawBurst({ call }: Subject, each: number[]): Promise<number> {
  const began = preciseNow();
  const made = await Promise.all(each.map(() => startRaw(call, IMAGE)));
  const took = preciseNow() - began;
  await Promise.all(made.map(({ remove }) => remove()));
  return took;
}
