// What the podlet must remember after a crash of its own process: each container's newest run and the order that started it.
// See docs/design/supervise.md.
import { own, setOwn } from '../src/own.ts';
import { present } from '../src/present.ts';
import type { Run } from '../src/protocol/run.ts';
import type { StartOrder } from '../src/protocol/messages.ts';
import type { DesiredVolume } from '../src/protocol/messages.ts';
import type { World } from './world.ts';
import { newContainer } from './world.ts';

interface Remembered {
  containers: { [name: string]: { hello: boolean; run?: Run; order?: StartOrder; added?: true } };
  volumes: { [name: string]: DesiredVolume };
}

/** The part of the state that supervisors cannot report again. */
export function remember(world: World): Remembered {
  const containers = world.containers.map(
    ({ name, hello, run, order, added }) =>
      [
        name,
        {
          hello,
          ...present({ run, order, added }),
        },
      ] as const,
  );
  const volumes = Object.entries(world.volumes).flatMap(([name, { wanted, applied }]) =>
    applied === undefined ? [] : [[name, { ...withoutFiles(wanted), version: applied }] as const],
  );
  return { containers: Object.fromEntries(containers), volumes: Object.fromEntries(volumes) };
}

/** No secret is kept longer than the podlet needs it. */
const withoutFiles = ({ files: _content, ...rest }: DesiredVolume): DesiredVolume => rest;

const isRemembered = (state: unknown): state is Remembered =>
  typeof state === 'object' && state !== null && 'containers' in state && 'volumes' in state;

/** Puts back what an earlier process of this podlet remembered; the supervisors' hellos then say what still runs. */
export function recall(world: World, state: unknown): void {
  if (!isRemembered(state)) return;
  for (const [name, { added }] of Object.entries(state.containers))
    if (added === true) world.containers.push({ ...newContainer(name), added });
  for (const container of world.containers) {
    const known = own(state.containers, container.name);
    // It has said hello once: a supervisor that has ended since must not block the sandbox.
    if (known?.hello === true) container.hello = true;
    if (known?.order !== undefined) container.order = known.order;
    if (known?.run === undefined) continue;
    container.run = known.run;
    container.alive = known.run.exitCode === undefined;
  }
  for (const [name, wanted] of Object.entries(state.volumes))
    setOwn(world.volumes, name, { wanted, applied: wanted.version });
}
