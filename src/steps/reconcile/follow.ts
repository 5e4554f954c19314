// The loop of a process that lives on (local mode): it follows the log of changes and runs the controllers that a change concerns.
import { CONTROLLERS } from '../../controllers/controllers.ts';
import type { Controller } from '../../controllers/controller.ts';
import { ApiError, CompactedError, StoreConflict, Unavailable } from '../../errors.ts';
import type { ObjectsAs } from '../../ports/objects.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import { Queue } from './queue.ts';
import { reconcileObject } from './reconcile-object.ts';
import type { ReconcilePorts } from './reconcile-object.ts';
import { concerned, everyObject } from './wake.ts';
import type { WorkKey } from './work.ts';

const WAIT_MS = 60_000;
const AT_ONCE = 8;
/** After a fault of the store. */
const PAUSE_MS = 1_000;
/** client-go's rate limiter for items that fail. */
const BACK_OFF = { firstMs: 5, maxMs: 1_000_000 };

interface FollowOptions {
  objectsAs: ObjectsAs;
  log: (line: string) => void;
  controllers?: readonly Controller[];
}

/** Runs the controllers until the signal aborts. All objects are looked at first, so nothing that was missed before stays undone. */
export async function followChanges(
  ports: ReconcilePorts,
  signal: AbortSignal,
  { objectsAs, log, controllers = CONTROLLERS }: FollowOptions,
): Promise<void> {
  const byName = new Map(controllers.map((controller) => [controller.name, controller]));
  const queue = new Queue<WorkKey>({
    clock: ports.clock,
    atOnce: AT_ONCE,
    id: ({ controller, namespace, name }) => `${controller}/${namespace}/${name}`,
    run: async (key) => {
      const controller = byName.get(key.controller);
      if (controller === undefined) return {};
      const { refused, ...end } = await reconcileObject(ports, objectsAs, controller, key);
      return { ...end, failed: refused !== undefined };
    },
    backOff: ({ controller }) => byName.get(controller)?.backOff ?? BACK_OFF,
    onError: (key, error) => {
      if (!isPassing(error))
        log(`${key.controller} ${key.namespace}/${key.name}: ${textOf(error)}`);
    },
  });
  await follow(ports, signal, {
    all: async () => {
      for (const key of await everyObject(ports, controllers)) queue.ask(key);
    },
    changed: async (change) => {
      for (const key of await concerned(ports, controllers, change)) queue.ask(key);
    },
    log,
  });
  await queue.close();
}

interface Following {
  all(): Promise<void>;
  changed(change: Parameters<typeof concerned>[2]): Promise<void>;
  log(line: string): void;
}

async function follow(
  { store, clock }: ReconcilePorts,
  signal: AbortSignal,
  { all, changed, log }: Following,
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
      // The log is gone, or a change could not be looked at: everything is looked at again.
      at = undefined;
      if (!(error instanceof CompactedError)) {
        log(`reconcile: ${textOf(error)}`);
        await clock.sleep(PAUSE_MS, signal);
      }
    }
  }
}

/** Another run was quicker, or a dependency is away for a moment. */
const isPassing = (error: unknown): boolean =>
  error instanceof StoreConflict ||
  error instanceof Unavailable ||
  (error instanceof ApiError && (error.reason === 'Conflict' || error.reason === 'NotFound'));

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
