// What is done to a droppod and its containers, drawn by chance; what a pod suffered is kept with it.
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

/** How often each comes up: a restart stops everything else for a while. */
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
/** Those that a pod may not get over where its policy is Never, or that cost it a run. */
const HARMFUL: readonly Blow[] = ['killPodlet', 'removePodlet', 'killContainer', 'removeContainer'];
const PAUSE_MS = 8_000;
const FULL_MS = 4_000;

export class Trouble {
  /** By uid: the blows that hit a container of the pod. */
  readonly suffered = new Map<string, Blow[]>();
  readonly done = new Map<Blow, number>();
  private readonly pauses: Promise<void>[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly chance: Chance,
    private readonly kinds: readonly Blow[],
    private readonly log: (line: string) => void,
  ) {}

  /** One blow; what cannot be done at this moment is left out. */
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
    // Noted before it is done: the pod may be looked at meanwhile.
    if (HARMFUL.includes(blow)) this.suffered.set(uid, [...(this.suffered.get(uid) ?? []), blow]);
    switch (blow) {
      case 'killPodlet':
      case 'killContainer':
        await this.stage.kill(victim);
        break;
      // supervise --init passes it on to the agent, which dies of it and is started again.
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

  /** Nothing is paused any more. */
  async over(): Promise<void> {
    await Promise.all(this.pauses.splice(0));
  }
}
