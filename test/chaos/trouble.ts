// Randomly drawn disturbances of droppod and its containers; those that hit a pod are recorded with it.
import type { Chance } from '../simulation/random.ts';
import type { Stage } from './stage.ts';

export const BLOWS = [
  'restart',
  'killPodlet',
  'crashPodlet',
  'removePodlet',
  'killContainer',
  'removeContainer',
  'pausePodlet',
  'fillDisk',
] as const;
export type Blow = (typeof BLOWS)[number];

/** Relative frequencies: a restart stops everything else for a while. */
const WEIGHTS: { [blow in Blow]: number } = {
  restart: 2,
  killPodlet: 3,
  crashPodlet: 2,
  removePodlet: 1,
  killContainer: 4,
  removeContainer: 2,
  pausePodlet: 3,
  fillDisk: 1,
};
/** Those from which a pod may not recover under policy Never, or that cost it a run. */
const HARMFUL: readonly Blow[] = ['killPodlet', 'removePodlet', 'killContainer', 'removeContainer'];
const PAUSE_MS = 8_000;
const FULL_MS = 4_000;

export class Trouble {
  /** By uid: the disturbances that hit a container of the pod. */
  readonly suffered = new Map<string, Blow[]>();
  readonly done = new Map<Blow, number>();
  private readonly pauses: Promise<void>[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly chance: Chance,
    private readonly kinds: readonly Blow[],
    private readonly log: (line: string) => void,
  ) {}

  /** One disturbance; one that is impossible right now is skipped. */
  async strike(blow = this.draw()): Promise<void> {
    if (blow === 'fillDisk' && !this.stage.hasOwnDisk) return;
    const what = await this.deal(blow);
    if (what === undefined) return;
    this.done.set(blow, (this.done.get(blow) ?? 0) + 1);
    this.log(`${blow} ${what}`);
  }

  private draw(): Blow {
    return this.chance.pick(
      this.kinds.flatMap((blow) => Array.from({ length: WEIGHTS[blow] }, () => blow)),
    );
  }

  private async deal(blow: Blow): Promise<string | undefined> {
    if (blow === 'restart') {
      await this.stage.restart();
      return '';
    }
    if (blow === 'fillDisk') {
      this.stage.fillDisk();
      await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      this.stage.emptyDisk();
      return '';
    }
    const candidates =
      blow === 'killContainer' || blow === 'removeContainer'
        ? await this.stage.apps()
        : await this.stage.podlets();
    if (candidates.length === 0) return undefined;
    const victim = this.chance.pick(candidates);
    const uid = await this.stage.uidOf(victim);
    if (uid === undefined) return undefined;
    // Recorded first, since the pod may be checked at any time.
    if (HARMFUL.includes(blow)) this.suffered.set(uid, [...(this.suffered.get(uid) ?? []), blow]);
    switch (blow) {
      case 'killPodlet':
      case 'killContainer':
        await this.stage.kill(victim);
        break;
      // supervise --init forwards it to the agent, which dies of it and is restarted.
      case 'crashPodlet':
        await this.stage.kill(victim, 'SIGABRT');
        break;
      case 'removePodlet':
      case 'removeContainer':
        await this.stage.remove(victim);
        break;
      case 'pausePodlet':
        this.pauses.push(this.stage.pause(victim, PAUSE_MS));
        break;
    }
    return `${victim.name} of ${uid}`;
  }

  /** Ends every pause. */
  async over(): Promise<void> {
    await Promise.all(this.pauses.splice(0));
  }
}
