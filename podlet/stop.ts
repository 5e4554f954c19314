// How one container is stopped (docs/design/deletion.md; killContainer in kuberuntime_container.go): by which request, with which grace,
// in which order, and when TERM and KILL are sent.
import { DEFAULT_GRACE_SECONDS } from '../src/protocol/messages.ts';
import { own } from '../src/own.ts';
import type { ContainerView, Stopping, World } from './world.ts';

/** kuberuntime minimumGracePeriodInSeconds: the signal gets at least that long. */
const MINIMUM_GRACE_MS = 2_000;

export interface StopRequest {
  graceSeconds: number;
  /** Message of the Killing event. */
  message?: string;
}

/** The grace of the order that started the container, for stops that name none. */
export const plannedGraceSeconds = ({ order }: ContainerView): number =>
  order?.stop.graceSeconds ?? DEFAULT_GRACE_SECONDS;

/** The most urgent request to stop this container; undefined: it may run. */
export function stopRequest(world: World, container: ContainerView): StopRequest | undefined {
  const { desired } = world;
  const planned = plannedGraceSeconds(container);
  const stopping = `Stopping container ${container.name}`;
  const requests: StopRequest[] = [];
  if (container.ownStop !== undefined) requests.push(container.ownStop);
  const asked = own(desired?.containers, container.name);
  if (asked?.stop !== undefined && asked.run >= (container.run?.run ?? 0))
    requests.push(asked.stop);
  if (desired?.terminate !== undefined)
    requests.push({ graceSeconds: desired.terminate.graceSeconds, message: stopping });
  if (desired?.leave !== undefined || world.refused)
    requests.push({ graceSeconds: planned, message: stopping });
  const [first] = requests;
  if (first === undefined) return undefined;
  // A deletion's grace wins over a probe's; otherwise a grace only ever shrinks.
  return { ...first, graceSeconds: Math.min(...requests.map((request) => request.graceSeconds)) };
}

/** Sidecars get their signal only when the regular containers and later sidecars have ended (kuberuntime_termination_order). */
export function isHeldBackByOthers(world: World, container: ContainerView): boolean {
  const place = own(world.desired?.containers, container.name)?.sidecar;
  if (place === undefined || container.ownStop !== undefined) return false;
  return world.containers.some((other) => {
    if (!other.alive || other.name === container.name) return false;
    const otherPlace = own(world.desired?.containers, other.name)?.sidecar;
    return otherPlace === undefined
      ? world.desired?.terminate !== undefined || world.desired?.leave !== undefined
      : otherPlace > place;
  });
}

/** The next step of a stop: the signal, KILL, or waiting until `wakeAt`. */
export function decideStop(
  stopping: Stopping,
  heldBack: boolean,
  now: number,
): { signal: 'stop' | 'kill' } | { wakeAt: number } {
  if (stopping.killed === true) return { wakeAt: Infinity };
  // Grace 0 (all containers restart) leaves no time for a signal.
  if (stopping.graceSeconds <= 0) return { signal: 'kill' };
  const deadline = stopping.since + stopping.graceSeconds * 1000;
  if (stopping.signalledAt === undefined) {
    const waiting = stopping.preStop === 'running' || heldBack;
    return waiting && now < deadline ? { wakeAt: deadline } : { signal: 'stop' };
  }
  const killAt = Math.max(deadline, stopping.signalledAt + MINIMUM_GRACE_MS);
  return now >= killAt ? { signal: 'kill' } : { wakeAt: killAt };
}
