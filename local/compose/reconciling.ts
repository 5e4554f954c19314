// The controllers' loop in local mode: fed by the store's log in this process.
import { endNamespace } from '../../src/api/resources/strategies.ts';
import { systemObjects } from '../../src/api/system-objects.ts';
import { CONTROLLERS } from '../../src/controllers/controllers.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { namespaceWatcher } from '../../src/steps/namespace/namespace-watcher.ts';
import { collector } from '../../src/steps/collect/collector.ts';
import { controllersWatcher } from '../../src/steps/reconcile/controllers-watcher.ts';
import { followChanges } from '../../src/steps/reconcile/follow.ts';

/** Runs the controllers and the garbage collector until the signal aborts. */
export function reconcileUntil(
  signal: AbortSignal,
  ports: Ports,
  log: (line: string) => void,
): Promise<void> {
  const objectsAs = systemObjects(ports);
  const watchers = [
    controllersWatcher(ports, objectsAs, CONTROLLERS),
    collector(ports, objectsAs, CONTROLLERS),
    namespaceWatcher(ports, (name) => endNamespace(ports, name)),
  ];
  return followChanges(ports, signal, { watchers, log });
}
