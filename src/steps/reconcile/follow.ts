// The loop of a long-lived process (local mode): follows the log of changes and runs the looks that each change calls for.
import { CompactedError } from '../../errors.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import { faultMembers } from '../../ports/log.ts';
import type { Ports } from '../../ports/ports.ts';
import { isPassing } from './passing.ts';
import { Queue } from './queue.ts';
import type { Change, Look, Watcher } from './watcher.ts';

type FollowPorts = Pick<Ports, 'store' | 'clock' | 'log'>;

const WAIT_MS = 60_000;
const AT_ONCE = 8;
/** Pause after a fault of the store. */
const PAUSE_MS = 1_000;

/** Follows until the signal aborts. It starts with a look at everything, so that nothing missed before stays undone. */
export async function followChanges(
  ports: FollowPorts,
  signal: AbortSignal,
  watchers: readonly Watcher[],
): Promise<void> {
  const queue = new Queue({
    clock: ports.clock,
    atOnce: AT_ONCE,
    onError: ({ id }, error) => {
      if (!isPassing(error))
        ports.log('error', 'a look failed', { look: id, ...faultMembers(error) });
    },
  });
  const ask = (looks: Look[]): void => {
    for (const look of looks) queue.ask(look);
  };
  await follow(ports, signal, {
    all: async () => {
      for (const watcher of watchers) ask(await watcher.all());
    },
    changed: async (change) => {
      for (const watcher of watchers) ask(await watcher.after(change));
    },
  });
  await queue.close();
}

interface Following {
  all(): Promise<void>;
  changed(change: Change): Promise<void>;
}

async function follow(
  { store, clock, log }: FollowPorts,
  signal: AbortSignal,
  { all, changed }: Following,
): Promise<void> {
  let at: ResourceVersion | undefined;
  while (!signal.aborted) {
    try {
      if (at === undefined) {
        const version = await store.version();
        await all();
        at = version;
      }
      const { entries, upTo } = await store.changes(at, { waitMs: WAIT_MS, signal });
      for (const entry of entries) await changed(entry);
      at = upTo;
    } catch (error) {
      // The log is gone, or a change could not be handled: start again with everything.
      at = undefined;
      if (!(error instanceof CompactedError)) {
        log('error', 'changes could not be followed', faultMembers(error));
        await clock.sleep(PAUSE_MS, signal);
      }
    }
  }
}
