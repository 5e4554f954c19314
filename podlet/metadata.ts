// Task metadata endpoint v4: who this task is, its address, the engine's ids of its containers.
import type { Counters } from './usage-meter.ts';
import { present } from '../src/present.ts';

export interface TaskMetadata {
  taskArn?: string;
  podIP?: string;
  hostIP?: string;
  runtimeIds: { [container: string]: string };
}

const TIMEOUT_MS = 2_000;

/** Reads `<uri>/task`; without an endpoint, or after an error, nothing is known. */
export async function readTaskMetadata(uri: string | undefined): Promise<TaskMetadata> {
  if (uri === undefined || uri === '') return { runtimeIds: {} };
  const text = await fetchText(`${uri}/task`);
  try {
    return toMetadata(JSON.parse(text ?? '{}'));
  } catch {
    return { runtimeIds: {} };
  }
}

/** The counters of the task's containers by name, from `<uri>/task` and `<uri>/task/stats`; undefined where they cannot be read. */
export async function readCounters(
  uri: string | undefined,
): Promise<{ [container: string]: Counters } | undefined> {
  if (uri === undefined || uri === '') return undefined;
  const [{ runtimeIds }, stats] = await Promise.all([
    readTaskMetadata(uri),
    fetchText(`${uri}/task/stats`),
  ]);
  try {
    const byId: unknown = JSON.parse(stats ?? '');
    return Object.fromEntries(
      Object.entries(runtimeIds).flatMap(([name, id]) => {
        const counters = toCounters(field(byId, id));
        return counters === undefined ? [] : [[name, counters]];
      }),
    );
  } catch {
    // Unreadable: the next look may succeed.
    return undefined;
  }
}

/** The engine's statistics of one container; a container that does not run has none. */
function toCounters(stats: unknown): Counters | undefined {
  const at = Date.parse(text(stats, 'read') ?? '');
  const cpuNs = field(field(field(stats, 'cpu_stats'), 'cpu_usage'), 'total_usage');
  const memory = field(stats, 'memory_stats');
  const used = field(memory, 'usage');
  const details = field(memory, 'stats');
  // cgroup v2, then v1.
  const cold = field(details, 'inactive_file') ?? field(details, 'total_inactive_file') ?? 0;
  if (!(at > 0) || typeof cpuNs !== 'number' || typeof used !== 'number') return undefined;
  return { at, cpuNs, memoryBytes: Math.max(0, used - (typeof cold === 'number' ? cold : 0)) };
}

function toMetadata(task: unknown): TaskMetadata {
  const taskArn = text(task, 'TaskARN');
  const containers = list(task, 'Containers');
  const podIP = containers
    .flatMap((container) => list(container, 'Networks'))
    .flatMap((network) => list(network, 'IPv4Addresses'))
    .find((address) => typeof address === 'string');
  const ids = containers.flatMap((container) => {
    const [name, id] = [text(container, 'Name'), text(container, 'DockerId')];
    return name === undefined || id === undefined ? [] : [[name, id] as const];
  });
  return {
    runtimeIds: Object.fromEntries(ids),
    ...present({ taskArn, podIP: typeof podIP === 'string' ? podIP : undefined }),
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;

function text(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}

function list(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

/** The body of a 200; undefined after any other answer or an error. */
async function fetchText(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = await response.text();
    return response.status === 200 ? body : undefined;
  } catch {
    // The next look may succeed.
    return undefined;
  }
}
