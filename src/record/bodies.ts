// The items of the machine's three Maps, computed from the pod's state: the same for a first start, a relaunch and a successor.
// See docs/design/hand-over.md.
import type { Container, Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { regularInits, sidecars } from '../pod/model/containers.ts';
import type { ObservedPod } from '../pod/run/observed.ts';
import { podDone } from '../pod/run/order.ts';
import { containerPolicy, hasEnded, shouldRestart } from '../pod/run/restart.ts';
import type { Body, NextState } from './record.ts';

/** The run that a container's body starts with; undefined where the container ended for good. */
function firstRun(pod: Pod, observed: ObservedPod, name: string): number | undefined {
  const container = own(observed.containers, name);
  const { current, previous } = container ?? {};
  if (!current) return Math.max(container?.desiredRun ?? 0, (previous?.run ?? 0) + 1, 1);
  const { run } = current;
  if (hasEnded(current)) return shouldRestart(pod, name, current) ? run + 1 : undefined;
  return run;
}

function bodies(pod: Pod, observed: ObservedPod, containers: readonly Container[]): Body[] {
  return containers.flatMap(({ name }) => {
    const run = firstRun(pod, observed, name);
    return run === undefined ? [] : [{ name, run, policy: containerPolicy(pod, name) }];
  });
}

/** Nothing remains for the machine but Finish. */
export const END: NextState = { next: 'End', inits: [], apps: [], sidecars: [] };

/** Look again at `until` (ISO). */
export const waitUntil = (until: string): NextState => ({ ...END, next: 'Wait', until });

/** Bind is complete; Launch is due. */
export const LAUNCH: NextState = { ...END, next: 'Launch' };

/** The task exists: these containers have runs ahead of them. */
export function runBodies(pod: Pod, observed: ObservedPod): NextState {
  if (podDone(pod, observed)) return END;
  const appStarted = pod.spec.containers.some(
    ({ name }) => own(observed.containers, name)?.current && !own(observed.containers, name)?.kept,
  );
  return {
    next: 'Run',
    inits: appStarted ? [] : bodies(pod, observed, regularInits(pod)),
    apps: bodies(pod, observed, pod.spec.containers),
    sidecars: bodies(pod, observed, sidecars(pod)),
  };
}
