// R4: the execution's history is the pod's audit trail: each start, exit, back-off and deletion is one event in it, and no other.
import { expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import { PodWorld } from '../fakes/pod-world.ts';
import type { ScriptedRun } from '../fakes/scripted-podlet.ts';

interface Life {
  spec: Pod['spec'];
  script?: Record<string, ScriptedRun[]>;
  /** The second at which the pod is deleted. */
  deleteAt?: number;
  /** The second at which its task dies. */
  killAt?: number;
}

interface Event {
  id: number;
  previousEventId: number;
  at: number;
  type: string;
  details: Record<string, unknown>;
}

const SECONDS = 400;
const container = (name: string): Pod['spec']['containers'][number] => ({ name, image: 'busybox' });

async function live({
  spec,
  script = {},
  deleteAt,
  killAt,
}: Life): Promise<{ world: PodWorld; pod: Pod }> {
  const world = new PodWorld({ agent: true });
  const pod = await world.create(
    spec,
    (name, run) => script[name]?.[Math.min(run, script[name].length) - 1] ?? {},
  );
  await world.clock.advance((deleteAt ?? killAt ?? 0) * 1000);
  if (deleteAt !== undefined) await world.delete(pod);
  if (killAt !== undefined) await world.kill([...world.podlets.keys()].at(-1)!);
  await world.clock.advance(SECONDS * 1000 - world.seconds * 1000);
  expect(world.faults).toEqual([]);
  return { world, pod };
}

const member = (value: unknown, ...names: string[]): unknown =>
  names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], value);

/** Everything that the execution's history says about containers, as sorted lines. */
async function linesOf(
  { machine, clock, seconds }: PodWorld,
  { metadata }: Pod,
  execution = metadata.uid ?? '',
): Promise<string[]> {
  const began = clock.now().getTime() - seconds * 1000;
  const history = (await machine.interpreter.history(`pod/${execution}`)) as unknown as Event[];
  const byId = new Map(history.map((event) => [event.id, event]));
  const orderOf = (event: Event): Event =>
    event.type === 'TaskScheduled' ? event : orderOf(byId.get(event.previousEventId)!);
  const runOf = (event: Event): string =>
    `${String(member(event.details, 'parameters', 'Payload', 'container'))}/${String(member(event.details, 'parameters', 'Payload', 'run'))}`;
  return history
    .flatMap((event) => {
      const { type, details } = event;
      if (
        type === 'TaskScheduled' &&
        member(details, 'parameters', 'FunctionName') === 'StartContainer'
      )
        return [`start ${runOf(event)}`];
      if (type === 'TaskSucceeded' && member(details, 'output', 'restartAt') !== undefined)
        return [`exit ${runOf(orderOf(event))} ${String(member(details, 'output', 'exitCode'))}`];
      if (type === 'WaitStateEntered' && String(details['name']).startsWith('Back off')) {
        const { name, run, exit } = details['input'] as {
          name: string;
          run: number;
          exit: { restartAt: string };
        };
        return [
          `back-off ${name}/${run} until ${Math.max(Date.parse(exit.restartAt), event.at) / 1000 - began / 1000}`,
        ];
      }
      return type === 'ExecutionAborted' ? [`deleted: ${String(details['cause'])}`] : [];
    })
    .sort();
}

/** What happened in the containers, as the same lines: a back-off lies between two runs of one container. */
function happened({ events }: PodWorld): string[] {
  return events
    .flatMap(({ container: name, run, what, exitCode, at }) => {
      if (what === 'exit') return [`exit ${name}/${run} ${exitCode ?? 0}`];
      return [
        `start ${name}/${run}`,
        ...(run > 1 ? [`back-off ${name}/${run - 1} until ${at}`] : []),
      ];
    })
    .sort();
}

it.each<[string, Life]>([
  [
    'one container that ends',
    {
      spec: { restartPolicy: 'Never', containers: [container('a')] },
      script: { a: [{ seconds: 5, exitCode: 3 }] },
    },
  ],
  [
    'a crash loop that gets well',
    {
      spec: { restartPolicy: 'OnFailure', containers: [container('a')] },
      script: {
        a: [
          { seconds: 2, exitCode: 1 },
          { seconds: 2, exitCode: 137, oom: true },
          { seconds: 2, exitCode: 9 },
          { seconds: 1 },
        ],
      },
    },
  ],
  [
    'init containers, two apps and a sidecar',
    {
      spec: {
        restartPolicy: 'OnFailure',
        initContainers: [
          container('i'),
          { ...container('s'), restartPolicy: 'Always' },
          container('j'),
        ],
        containers: [container('a'), container('b')],
      },
      script: {
        i: [{ seconds: 1, exitCode: 1 }, { seconds: 1 }],
        j: [{ seconds: 3 }],
        s: [{ seconds: 6, exitCode: 1 }, {}],
        a: [{ seconds: 4 }],
        b: [{ seconds: 9, exitCode: 2 }, { seconds: 1 }],
      },
    },
  ],
  [
    'a pod that is deleted while it runs',
    {
      spec: { restartPolicy: 'Always', containers: [container('a'), container('b')] },
      script: { a: [{ termSeconds: 3, termCode: 7 }], b: [{ seconds: 4 }, {}] },
      deleteAt: 20,
    },
  ],
])(
  'R4: the history of %s shows each start, exit and back-off once, and nothing else',
  async (_name, life) => {
    const { world, pod } = await live(life);
    const lines = await linesOf(world, pod);
    expect(lines).toEqual(happened(world));
    expect(new Set(lines).size).toBe(lines.length);
  },
);

it('R4: a deletion during a back-off is one event, with its cause', async () => {
  const { world, pod } = await live({
    spec: { restartPolicy: 'Always', containers: [container('a')] },
    script: { a: [{ seconds: 2, exitCode: 1 }] },
    deleteAt: 20,
  });
  const lines = await linesOf(world, pod);
  expect(lines.filter((line) => !happened(world).includes(line))).toEqual([
    'back-off a/3 until 36',
    'deleted: The pod was deleted',
  ]);
  expect(happened(world).filter((line) => !lines.includes(line))).toEqual([]);
});

it('R4: the pod names the execution in charge; a relaunched one goes on in the next, and both show their own starts', async () => {
  const { world, pod } = await live({
    spec: {
      restartPolicy: 'Always',
      initContainers: [container('i')],
      containers: [container('a')],
    },
    script: { i: [{ seconds: 2 }] },
    killAt: 20,
  });
  const uid = pod.metadata.uid ?? '';
  const starts = async (execution: string): Promise<string[]> =>
    (await linesOf(world, pod, execution)).filter((line) => line.startsWith('start'));
  expect((await world.pod(pod))?.metadata.annotations?.['droppod/execution']).toBe(`${uid}-2`);
  expect(await starts(uid)).toEqual(['start a/1', 'start i/1']);
  expect([...(await starts(uid)), ...(await starts(`${uid}-2`))].sort()).toEqual(
    happened(world).filter((line) => line.startsWith('start')),
  );
});

it('R4: the annotation names the execution from the node on', async () => {
  const { world, pod } = await live({
    spec: { restartPolicy: 'Never', containers: [container('a')] },
    script: { a: [{ seconds: 5 }] },
  });
  expect((await world.pod(pod))?.metadata.annotations).toMatchObject({
    'droppod/execution': pod.metadata.uid,
  });
});
