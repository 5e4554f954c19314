// Shows a pod live until it ends: one line per change (time, phase, STATUS, container, reason).
import type { Client } from './client.ts';

interface Watched {
  type: string;
  object: { rows?: { cells: unknown[]; object: PodView }[]; message?: string };
}

interface State {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt: string };
  terminated?: { exitCode: number; reason?: string };
}

interface PodView {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
  };
  status: {
    phase: string;
    reason?: string;
    initContainerStatuses?: { name: string; state: State; restartCount: number }[];
    containerStatuses?: { name: string; state: State; restartCount: number }[];
  };
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function describe(state: State): string {
  if (state.running) return 'Running';
  if (state.terminated)
    return `${state.terminated.reason ?? 'Terminated'} (exit code ${state.terminated.exitCode})`;
  return state.waiting?.reason ?? 'Waiting';
}

function changes(pod: PodView, seen: Map<string, string>): { container: string; reason: string }[] {
  const found: { container: string; reason: string }[] = [];
  for (const { name, state, restartCount } of [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ]) {
    const reason = `${describe(state)}${restartCount > 0 ? `, restart ${restartCount}` : ''}`;
    if (seen.get(name) !== reason) found.push({ container: name, reason });
    seen.set(name, reason);
  }
  return found;
}

function line(now: Date, phase: string, status: string, container: string, reason: string): string {
  return `${now.toISOString().slice(11, 21)}  ${phase.padEnd(9)}  ${status.padEnd(20)}  ${container.padEnd(12)}  ${reason}`.trimEnd();
}

/** Prints each change of the pod and returns its last phase, or 'Deleted' / 'Stopped' (signal). */
export async function follow(
  client: Client,
  pod: { namespace: string; name: string },
  out: (line: string) => void,
  now: () => Date,
  signal: AbortSignal,
): Promise<string> {
  const seen = new Map<string, string>();
  let shown = '';
  out(
    `${'TIME (UTC)'.padEnd(10)}  ${'PHASE'.padEnd(9)}  ${'STATUS'.padEnd(20)}  ${'CONTAINER'.padEnd(12)}  REASON`,
  );
  const path = `/api/v1/namespaces/${pod.namespace}/pods?watch=true&includeObject=Object&fieldSelector=${encodeURIComponent(`metadata.name=${pod.name}`)}`;
  while (!signal.aborted) {
    for await (const text of client.lines(path, { accept: TABLE }, signal)) {
      const event = JSON.parse(text) as Watched;
      const row = event.object.rows?.[0];
      // An expired watch starts again from the current state.
      if (event.type === 'ERROR' || !row) break;
      if (event.type === 'DELETED') return 'Deleted';
      const { phase } = row.object.status;
      const status = String(row.cells[2]);
      const changed = changes(row.object, seen);
      for (const { container, reason } of changed)
        out(line(now(), phase, status, container, reason));
      if (changed.length === 0 && shown !== `${phase} ${status}`)
        out(line(now(), phase, status, '', row.object.status.reason ?? ''));
      shown = `${phase} ${status}`;
      if (phase === 'Succeeded' || phase === 'Failed') return phase;
    }
  }
  return 'Stopped';
}
