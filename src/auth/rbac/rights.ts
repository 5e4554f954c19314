// The roles and bindings of an installation in memory: loaded once per process, kept up by the log of changes.
// A decision reads nothing in local mode, and on AWS at most the log's counter every few seconds. See docs/design/rights.md.
import { CompactedError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey, Store } from '../../ports/store.ts';
import { present } from '../../present.ts';
import type { RightsObject, RightsResource } from './policy.ts';
import { Policy, RIGHTS_RESOURCES } from './policy.ts';

type RightsPorts = Pick<Ports, 'store' | 'clock' | 'settings'>;

/** On AWS other processes write too: a decision may rest on roles and bindings that are outdated by this much. */
export const STALE_MS = 5_000;

/** A longer log is not followed: reading all the objects again is less work. */
const MAX_LINES = 2_000;
const MAX_PAGES = 5;

interface Held {
  version: number;
  /** undefined: deleted; remembered so that an older entry of the log cannot bring it back. */
  entry: RightsObject | undefined;
}

const isRights = (resource: string): resource is RightsResource =>
  (RIGHTS_RESOURCES as readonly string[]).includes(resource);

const nameOf = ({ resource, namespace, name }: ObjectKey): string =>
  `${resource}/${namespace}/${name}`;

class Rights {
  readonly #store: Store;
  #held = new Map<string, Held>();
  #upTo: ResourceVersion | undefined;
  #checkedAt = -Infinity;
  #checking: Promise<void> | undefined;
  #policy: Policy | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The policy, at most `staleMs` old with respect to other processes; a store that does not answer is an error, not a right. */
  async policy(nowMs: number, staleMs: number): Promise<Policy> {
    if (this.#upTo === undefined || nowMs - this.#checkedAt >= staleMs || staleMs === 0) {
      this.#checking ??= this.#check(nowMs, staleMs).finally(() => (this.#checking = undefined));
      await this.#checking;
    }
    return (this.#policy ??= new Policy(this.objects()));
  }

  /** Everything that is known. */
  *objects(): Generator<RightsObject> {
    for (const { entry } of this.#held.values()) if (entry !== undefined) yield entry;
  }

  /** Takes in a change; one that is older than what is known is ignored. */
  note(key: ObjectKey, object: KubeObject | undefined, version: number): void {
    if (!isRights(key.resource) || (this.#held.get(nameOf(key))?.version ?? -1) >= version) return;
    const entry = object === undefined ? undefined : { resource: key.resource, object };
    this.#held.set(nameOf(key), { version, entry });
    this.#policy = undefined;
  }

  async #check(nowMs: number, staleMs: number): Promise<void> {
    if (this.#upTo === undefined) await this.#load();
    else
      try {
        if (!(await this.#follow(staleMs))) await this.#load();
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        await this.#load();
      }
    this.#checkedAt = nowMs;
  }

  /** Follows the log to its end; false: it is too long. */
  async #follow(staleMs: number): Promise<boolean> {
    // Among several writers only a settled version has no gap behind which a change may hide. A single writer notes its own changes.
    const end = staleMs === 0 ? undefined : Number(await this.#store.version());
    if (end !== undefined && end - Number(this.#upTo) > MAX_LINES) return false;
    for (let page = 0; page < MAX_PAGES; page++) {
      const after = this.#upTo;
      if (after === undefined || (end !== undefined && Number(after) >= end)) return true;
      const { entries, upTo } = await this.#store.changes(after, {
        waitMs: 0,
        only: ({ resource }) => isRights(resource),
      });
      for (const { key, type, object, version } of entries)
        this.note(key, type === 'DELETED' ? undefined : object, Number(version));
      this.#upTo = upTo;
      if (Number(upTo) <= Number(after)) return true;
    }
    return false;
  }

  async #load(): Promise<void> {
    // Where nothing is held yet, following the log from an older version does no harm, and the lists need not wait for its end.
    const version = this.#held.size === 0 ? await this.#store.olderVersion() : undefined;
    const lists = await Promise.all(
      RIGHTS_RESOURCES.map(async (resource) => ({
        resource,
        ...(await this.#store.list({ resource, ...present({ version }) })),
      })),
    );
    const before = this.#held;
    this.#held = new Map();
    this.#policy = undefined;
    for (const { resource, objects } of lists)
      for (const object of objects) {
        const { namespace = '', name = '', resourceVersion } = object.metadata;
        this.note({ resource, namespace, name }, object, Number(resourceVersion));
      }
    const oldest = Math.min(...lists.map(({ version }) => Number(version)));
    // Whatever this process wrote while the lists were being read.
    for (const [name, held] of before)
      if (held.version > Math.max(oldest, this.#held.get(name)?.version ?? 0))
        this.#held.set(name, held);
    this.#upTo = lists.find(({ version }) => Number(version) === oldest)?.version;
  }
}

const known = new WeakMap<Store, Rights>();

function rightsOf({ store }: Pick<Ports, 'store'>): Rights {
  const rights = known.get(store) ?? new Rights(store);
  known.set(store, rights);
  return rights;
}

const staleMs = ({ settings }: RightsPorts): number => (settings.mode === 'aws' ? STALE_MS : 0);

/** The roles and bindings to decide by; throws Unavailable where the store does not answer. */
export const policyOf = (ports: RightsPorts): Promise<Policy> =>
  rightsOf(ports).policy(ports.clock.now().getTime(), staleMs(ports));

/** All stored roles and bindings. */
export async function rightsObjects(ports: RightsPorts): Promise<RightsObject[]> {
  await policyOf(ports);
  return [...rightsOf(ports).objects()];
}

/** After a commit of this process: its own next decision already knows the change. `object` undefined: it was removed. */
export function noteRights(
  ports: Pick<Ports, 'store'>,
  key: ObjectKey,
  object: KubeObject | undefined,
  version: string | undefined,
): void {
  rightsOf(ports).note(key, object, Number(version));
}
