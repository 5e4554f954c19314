// The controllers' loop in local mode: fed by the store's log in this process.
import { systemObjects } from '../../src/api/system-objects.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { followChanges } from '../../src/steps/reconcile/follow.ts';

/** Runs the controllers until the signal aborts. */
export const reconcileUntil = (
  signal: AbortSignal,
  ports: Ports,
  log: (line: string) => void,
): Promise<void> => followChanges(ports, signal, { objectsAs: systemObjects(ports), log });
