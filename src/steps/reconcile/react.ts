// The loop without a long-lived process (AWS): handles a batch of changes, a due time, or the log since the last sweep. What cannot be
// done now gets a due time; nothing polls. See docs/design/controllers.md.
import { faultMembers } from '../../ports/log.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Wake } from '../../ports/wake.ts';
import type { ControllersWatcher } from './controllers-watcher.ts';
import { isPassing } from './passing.ts';
import { Queue } from './queue.ts';
import { replay } from './replay.ts';
import type { Look, LookEnd, Watcher } from './watcher.ts';

export type ReactPorts = Pick<Ports, 'store' | 'clock' | 'log'>;

export interface Watchers {
  controllers: ControllersWatcher;
  others: readonly Watcher[];
}

const AT_ONCE = 4;

/** How long one invocation retries. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 50;

/** The interval of further retries, in seconds; the scheduler is precise to a minute. */
const FIRST_RETRY_SECONDS = 60;
const LAST_RETRY_SECONDS = 1_000;

/** Does everything there is to do. Throws if something must be delivered again. */
export async function react(ports: ReactPorts, watchers: Watchers, wake: Wake): Promise<void> {
  const all = [watchers.controllers, ...watchers.others];
  if ('replay' in wake) return replay(ports, all, (looks) => act(ports, looks, 0));
  if ('due' in wake) {
    const look = watchers.controllers.look(wake.due);
    return look && act(ports, [look], wake.tries);
  }
  const looks: Look[] = [];
  for (const change of wake.changes)
    for (const watcher of all) looks.push(...(await watcher.after(change)));
  await act(ports, looks, 0);
}

type Outcome = { look: Look } & ({ end: LookEnd } | { error: unknown });

async function act(ports: ReactPorts, looks: readonly Look[], tries: number): Promise<void> {
  const left = [...(await run(ports, looks)).values()].filter(isLeft);
  const errors: unknown[] = [];
  const seconds = Math.min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** tries);
  for (const outcome of left) {
    const { look } = outcome;
    if ('error' in outcome && !isPassing(outcome.error))
      ports.log('error', 'a look failed', { look: look.id, ...faultMembers(outcome.error) });
    const at = new Date(ports.clock.now().getTime() + seconds * 1000);
    if (look.later !== undefined) await look.later(at, tries + 1);
    else if ('error' in outcome) errors.push(outcome.error);
  }
  if (errors.length > 0) throw new AggregateError(errors, 'looks failed');
}

const isLeft = (outcome: Outcome): boolean => 'error' in outcome || outcome.end.failed === true;

/** Runs the looks and those that follow, retrying failed ones for a while; returns the last result of each. */
async function run(
  { clock }: Pick<ReactPorts, 'clock'>,
  looks: readonly Look[],
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const noted = (look: Look): Look => ({
    ...look,
    run: async () => {
      try {
        const end = await look.run();
        outcomes.set(look.id, { look, end });
        return { ...end, next: (end.next ?? []).map(noted) };
      } catch (error) {
        outcomes.set(look.id, { look, error });
        throw error;
      }
    },
  });
  const queue = new Queue({ clock, atOnce: AT_ONCE, onError: () => undefined });
  for (const look of looks) queue.ask(noted(look));
  const until = clock.now().getTime() + PATIENCE_MS;
  await queue.settled();
  while ([...outcomes.values()].some(isLeft) && clock.now().getTime() < until) {
    await clock.sleep(PAUSE_MS);
    await queue.settled();
  }
  await queue.close();
  return outcomes;
}
