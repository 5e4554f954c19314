// Scenarios as data: a pod, its containers' runs, what happens to it, and the expected outcome, to the second of virtual time.
// Real machine document, real functions, memory store, scripted podlet. A new list entry in a *.yaml beside this file is a new test.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import type { ScriptedRun } from '../fakes/scripted-podlet.ts';

interface Scenario {
  name: string;
  spec: Pod['spec'];
  /** By container: run 1, 2, …; the last entry repeats. */
  script?: Record<string, ScriptedRun[]>;
  do?: Action[];
  /** Images that are unavailable until that second. */
  noImage?: Record<string, number>;
  /** RunTask finds no capacity until that second. */
  noCapacityUntil?: number;
  /** Sweep runs every minute. */
  sweeps?: boolean;
  /** The network between podlet and API is cut from the first to the second of these seconds. */
  deaf?: [number, number];
  /** Seconds of virtual time. */
  for: number;
  expect: Expectation;
}

interface Action {
  at: number;
  delete?: number;
  force?: boolean;
  /** stopCode with which the task ends. */
  kill?: string;
  sweep?: boolean;
  /** The machine's document gets another revision. */
  deploy?: string;
  /** Somebody stops the newest task. */
  stopTask?: boolean;
  image?: Record<string, string>;
}

interface Expectation {
  /** States of the first execution. */
  path?: string[];
  /** States of the second one. */
  successor?: string[];
  /** By container: seconds at which its runs started. */
  starts?: Record<string, number[]>;
  exits?: Record<string, number[]>;
  phase?: string;
  reason?: string;
  /** STATUS cell at given seconds. */
  cells?: Record<number, string>;
  restarts?: Record<string, number>;
  /** `reason` or `reason: message` of events that must exist. */
  events?: string[];
  gone?: boolean;
  /** Status of the condition Ready. */
  ready?: string;
  /** How many tasks were run. */
  tasks?: number;
  running?: string[];
  /** The pod's nodes at the scenario's moments. */
  nodes?: string[];
  /** How often events of a reason occurred. */
  count?: Record<string, number>;
  /** Exit codes of containers that have ended. */
  codes?: Record<string, number>;
}

const pick = (runs: ScriptedRun[] | undefined, run: number): ScriptedRun =>
  runs?.[Math.min(run, runs.length) - 1] ?? {};

async function act(world: PodWorld, pod: Pod, action: Action): Promise<void> {
  if (action.delete !== undefined) await world.delete(pod, action.delete);
  if (action.force) await world.remove(pod);
  if (action.kill) await world.kill([...world.podlets.keys()].at(-1)!, action.kill);
  if (action.stopTask) await world.tasks.stop([...world.podlets.keys()].at(-1)!, 'by hand');
  if (action.deploy) world.deploy(action.deploy);
  if (action.sweep) await world.sweep();
  const { image } = action;
  if (image)
    await world.edit(pod, (spec) => ({
      ...spec,
      containers: spec.containers.map((one) => ({
        ...one,
        image: image[one.name] ?? one.image ?? '',
      })),
    }));
}

async function setUp(scenario: Scenario, agent: boolean): Promise<{ world: PodWorld; pod: Pod }> {
  const world = new PodWorld({ agent });
  const { noImage = {}, noCapacityUntil } = scenario;
  for (const [image, until] of Object.entries(noImage)) {
    world.ports.images.outcomes.set(image, { failure: 'ErrImagePull', message: 'not found' });
    void world.clock.sleep(until * 1000).then(() => world.ports.images.outcomes.delete(image));
  }
  if (scenario.sweeps)
    for (let at = 60; at < scenario.for; at += 60)
      void world.clock.sleep(at * 1000).then(() => world.sweep());
  const [from, to] = scenario.deaf ?? [];
  if (from !== undefined) void world.clock.sleep(from * 1000).then(() => world.setDeaf(true));
  if (to !== undefined) void world.clock.sleep(to * 1000).then(() => world.setDeaf(false));
  if (noCapacityUntil !== undefined) {
    world.tasks.failure = 'Capacity is unavailable at this time';
    void world.clock.sleep(noCapacityUntil * 1000).then(() => (world.tasks.failure = undefined));
  }
  const pod = await world.create(scenario.spec, (container, run) =>
    pick(scenario.script?.[container], run),
  );
  return { world, pod };
}

/** Runs the scenario and returns everything that an expectation may name. */
async function play(scenario: Scenario, agent: boolean): Promise<Required<Expectation>> {
  const { world, pod } = await setUp(scenario, agent);
  const cells: Record<number, string> = {};
  const stops = [
    ...(scenario.do ?? []).map(({ at }) => at),
    ...Object.keys(scenario.expect.cells ?? {}).map(Number),
    scenario.for,
  ];
  let last = pod;
  const nodes = new Set<string>();
  for (const at of [...new Set(stops)].sort((a, b) => a - b)) {
    await world.clock.advance(at * 1000 - world.seconds * 1000);
    for (const action of (scenario.do ?? []).filter((one) => one.at === at))
      await act(world, pod, action);
    await world.clock.settle();
    if (scenario.expect.cells?.[at] !== undefined) cells[at] = await world.cell(pod);
    last = (await world.pod(pod)) ?? last;
    if (last.spec.nodeName) nodes.add(last.spec.nodeName);
  }
  expect(world.faults).toEqual([]);
  return { ...(await outcome(world, pod, last)), cells, nodes: [...nodes] };
}

async function outcome(
  world: PodWorld,
  pod: Pod,
  last: Pod,
): Promise<Omit<Required<Expectation>, 'cells' | 'nodes'>> {
  const names = [...(last.spec.initContainers ?? []), ...last.spec.containers].map(
    ({ name }) => name,
  );
  const times = (what: 'start' | 'exit') =>
    Object.fromEntries(
      names.map((name) => [
        name,
        world.events
          .filter((event) => event.container === name && event.what === what)
          .map(({ at }) => at),
      ]),
    );
  const { objects } = await world.ports.store.list({ resource: 'events' });
  const statuses = [
    ...(last.status.initContainerStatuses ?? []),
    ...(last.status.containerStatuses ?? []),
  ];
  return {
    path: await world.machine.path(pod.metadata.uid ?? ''),
    successor: await world.machine.path(`${pod.metadata.uid ?? ''}-2`).catch(() => []),
    starts: times('start'),
    exits: times('exit'),
    phase: last.status.phase ?? '',
    reason: last.status.reason ?? '',
    ready: last.status.conditions?.find(({ type }) => type === 'Ready')?.status ?? '',
    restarts: Object.fromEntries(statuses.map(({ name, restartCount }) => [name, restartCount])),
    codes: Object.fromEntries(
      statuses.flatMap(({ name, state }) =>
        state?.terminated ? [[name, state.terminated.exitCode]] : [],
      ),
    ),
    count: countEvents(objects),
    events: objects.flatMap((event) => [
      String(event['reason']),
      `${String(event['reason'])}: ${String(event['message'])}`,
    ]),
    gone: (await world.pod(pod)) === undefined,
    tasks: world.tasks.tasks.size,
    running: [...world.podlets.values()].flatMap(({ running }) => running),
  };
}

function countEvents(events: readonly { [field: string]: unknown }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events)
    counts[String(event['reason'])] =
      (counts[String(event['reason'])] ?? 0) + Number(event['count'] ?? 1);
  return counts;
}

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.yaml'));

describe.each(
  files.flatMap(
    (file) =>
      [
        [file, 'scripted podlet'],
        [file, 'podlet agent'],
      ] as const,
  ),
)('%s with the %s', (file, podlet) => {
  const scenarios = parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Scenario[];
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_name, scenario) => {
      const seen = await play(scenario, podlet === 'podlet agent');
      const { events = [], ...wanted } = scenario.expect;
      expect(seen).toMatchObject(wanted);
      expect(seen.events).toEqual(expect.arrayContaining(events));
    },
  );
});
