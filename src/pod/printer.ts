// The nine cells of `kubectl get pods` (printers printPod).
import type { Pod } from '../kinds/pod.ts';

/** Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates. */
export function podCells(pod: Pod, now: Date): string[] {
  throw new Error(`not built: ${String(pod.metadata.name)} ${now.toISOString()}`);
}

/** The row's conditions: Completed for a pod in a terminal phase. */
export function podRowConditions(pod: Pod): { type: string; status: string; reason: string; message: string }[] {
  if (pod.status.phase === 'Succeeded') return [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }];
  if (pod.status.phase === 'Failed') return [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }];
  return [];
}
