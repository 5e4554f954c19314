// The backup for the stream: each minute while pods live, the log since the last time is handled again. It also covers what the stream
// leaves out (pods without an owner that concern a Service or an owner reference).
import { CompactedError } from '../../errors.ts';
import { isMap } from '../../own.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Look, Watcher } from './watcher.ts';

type ReplayPorts = Pick<Ports, 'store' | 'clock'>;

const KEY = 'replay';

/** After this time everything is looked at, whatever the log says. */
const ALL_MS = 60 * 60 * 1000;

interface Position {
  at: ResourceVersion;
  allAt: number;
}

/** Looks at what has changed since the last replay, at what is overdue, and from time to time at everything. */
export async function replay(
  ports: ReplayPorts,
  watchers: readonly Watcher[],
  act: (looks: readonly Look[]) => Promise<void>,
): Promise<void> {
  const { store, clock } = ports;
  const now = clock.now();
  const record = await store.getRecord(KEY);
  const before = positionOf(record?.value);
  const version = await store.version();
  const looks = new Map<string, Look>();
  const add = (found: readonly Look[]): void => {
    for (const look of found) looks.set(look.id, look);
  };
  const isOld = before === undefined || now.getTime() - before.allAt > ALL_MS;
  const everything =
    isOld || !(await since(store, watchers, { from: before.at, to: version, add }));
  for (const watcher of watchers)
    add(everything ? await watcher.all() : ((await watcher.overdue?.(now)) ?? []));
  await act([...looks.values()]);
  const allAt = everything ? now.getTime() : (before?.allAt ?? 0);
  await store.commit({ records: [{ key: KEY, value: { at: version, allAt }, expected: 'any' }] });
}

function positionOf(value: unknown): Position | undefined {
  const { at, allAt } = isMap(value) ? value : {};
  return typeof at === 'string' && typeof allAt === 'number'
    ? { at: at as ResourceVersion, allAt }
    : undefined;
}

/** Adds the looks for the changes between two versions; false if the log no longer has them. */
async function since(
  store: Ports['store'],
  watchers: readonly Watcher[],
  {
    from,
    to,
    add,
  }: { from: ResourceVersion; to: ResourceVersion; add(looks: readonly Look[]): void },
): Promise<boolean> {
  try {
    for (let at = from; Number(at) < Number(to);) {
      const { entries, upTo } = await store.changes(at, { waitMs: 0 });
      for (const entry of entries) for (const watcher of watchers) add(await watcher.after(entry));
      if (upTo === at) return true;
      at = upTo;
    }
    return true;
  } catch (error) {
    if (error instanceof CompactedError) return false;
    throw error;
  }
}
