// The controllers' loop in local mode: fed by the store's log in this process.
import { watchersOn } from '../../src/api/watchers.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { followChanges } from '../../src/steps/reconcile/follow.ts';

/** Runs the controllers, the garbage collector and the end of namespaces until the signal aborts. */
export function reconcileUntil(signal: AbortSignal, ports: Ports): Promise<void> {
  const { controllers, others } = watchersOn(ports);
  return followChanges(ports, signal, [controllers, ...others]);
}
