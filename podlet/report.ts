// The world as it is reported to the API: the whole level state, every time.
import { own } from '../src/own.ts';
import { present } from '../src/present.ts';
import type { ContainerReport, PodletEvent, Report } from '../src/protocol/messages.ts';
import type { ContainerView, World } from './world.ts';
import { quiet, sandboxReady } from './world.ts';

/** The report of this moment under the next sequence number. */
export function buildReport(world: World, sequence: number, events: PodletEvent[]): Report {
  const { uid, attempt, taskArn, bootId, boot, podIP, hostIP, resolvConf } = world.identity;
  const containers = Object.fromEntries(
    world.containers.map((container) => [container.name, reportContainer(world, container)]),
  );
  const applied = Object.entries(world.volumes).flatMap(([name, volume]) =>
    volume.applied === undefined ? [] : [[name, volume.applied] as const],
  );
  return {
    uid,
    attempt,
    taskArn,
    bootId,
    boot,
    sequence,
    containers,
    sandboxReady: sandboxReady(world),
    events: [...events],
    volumes: Object.fromEntries(applied),
    ...present({
      podIP,
      hostIP,
      resolvConf,
      done: quiet(world) ? true : undefined,
      prompt: world.containers.some(({ term }) => term !== undefined && !term.settled)
        ? true
        : undefined,
      evict: world.evict,
      usage: world.usage,
    }),
  };
}

function reportContainer(world: World, container: ContainerView): ContainerReport {
  const { hello, run, runtimeId, term } = container;
  const idle =
    !container.alive &&
    container.starting === undefined &&
    own(world.desired?.containers, container.name)?.start !== undefined;
  return {
    hello,
    ...present({
      runtimeId,
      run:
        run === undefined || isHookPending(container)
          ? undefined
          : runtimeId === undefined
            ? run
            : { ...run, runtimeId },
      waiting:
        idle && container.refusal !== undefined
          ? { reason: 'CreateContainerConfigError', message: container.refusal.message }
          : undefined,
      term: term !== undefined && !term.settled ? true : undefined,
    }),
  };
}

/** Until postStart has returned, and while a container is stopped because it failed, the kubelet does not show the run. */
const isHookPending = ({ alive, hookRunning, run }: ContainerView): boolean =>
  hookRunning === true || (alive && run?.postStartError !== undefined);
