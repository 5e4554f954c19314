// Prepares volumes before containers start, keeps them current, and enforces size limits.
import { own, setOwn } from '../src/own.ts';
import type { Desired } from '../src/protocol/messages.ts';
import { errorText } from './error-text.ts';
import type { PodletPorts } from './ports.ts';
import type { World } from './world.ts';

/** The kubelet's eviction manager's interval. */
const SIZE_CHECK_MS = 10_000;
/** A volume that cannot be set up is retried as by the kubelet: after 0.5 s, doubling. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 122_000;

export interface VolumeKeeperAgent {
  changed(): void;
  /** A volume is in place. */
  applied(): void;
  failed(message: string): void;
  /** Handles the errors of work that nobody awaits. */
  own(where: string, work: Promise<unknown>): void;
}

export class VolumeKeeper {
  private readonly busy = new Set<string>();
  constructor(
    private readonly ports: Pick<PodletPorts, 'volumes' | 'clock'>,
    private readonly world: World,
    private readonly agent: VolumeKeeperAgent,
  ) {}

  /** Takes the newest desired content; an entry whose version is in place needs no content. */
  want(volumes: Desired['volumes']): void {
    for (const [name, wanted] of Object.entries(volumes)) {
      const known = own(this.world.volumes, name);
      setOwn(this.world.volumes, name, { ...known, wanted });
      if (wanted.missing === undefined && known?.applied !== wanted.version) this.keep(name);
    }
  }

  private keep(name: string, retryMs?: number): void {
    this.agent.own(`volume ${name}`, this.apply(name, retryMs));
  }

  private async apply(name: string, retryMs = FIRST_RETRY_MS): Promise<void> {
    const volume = own(this.world.volumes, name);
    if (volume === undefined || this.busy.has(name)) return;
    this.busy.add(name);
    const { wanted } = volume;
    // Emptied once, and never again while the pod lives.
    const change = volume.applied === undefined ? wanted : { ...wanted, emptyDir: false };
    const error = await this.ports.volumes.apply(name, change).then(() => undefined, errorText);
    const now = own(this.world.volumes, name);
    if (now === undefined) return;
    if (error === undefined) {
      now.applied = wanted.version;
    } else {
      this.agent.failed(`MountVolume.SetUp failed for volume "${name}" : ${error}`);
      this.agent.changed();
      await this.ports.clock.sleep(retryMs);
    }
    this.busy.delete(name);
    if (error === undefined) this.agent.applied();
    else this.agent.changed();
    if (now.wanted.missing === undefined && now.applied !== now.wanted.version)
      this.keep(
        name,
        error === undefined ? FIRST_RETRY_MS : Math.min(retryMs * 2, LONGEST_RETRY_MS),
      );
  }

  /** Looks at size limits until the signal aborts; the first excess is the pod's eviction. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.ports.clock.sleep(SIZE_CHECK_MS, signal);
      if (signal.aborted || this.world.evict !== undefined) continue;
      const look = this.excess();
      this.agent.own('sizes of volumes', look);
      // `own` reports the error.
      const excess = await look.catch(() => undefined);
      if (excess === undefined) continue;
      this.world.evict = excess;
      this.agent.changed();
    }
  }

  /** The first limit that is exceeded, in the kubelet's words and order: emptyDirs, then the pod. The parts of an emptyDir share its limit. */
  private async excess(): Promise<string | undefined> {
    const limit = this.world.desired?.storageLimit;
    // The data of a claim is not the pod's own.
    const measured = Object.entries(this.world.volumes).filter(
      ([, { wanted }]) =>
        wanted.claim !== true && (limit !== undefined || wanted.sizeLimit !== undefined),
    );
    if (measured.length === 0) return undefined;
    const bytes = await this.ports.volumes.usedBytes(measured.map(([key]) => key));
    const used = new Map<string, number>();
    let onDisk = 0;
    for (const [at, [key, { wanted }]] of measured.entries()) {
      const name = wanted.partOf ?? key;
      const own = bytes[at] ?? 0;
      const together = own + (used.get(name) ?? 0);
      used.set(name, together);
      if (wanted.sizeLimit !== undefined && together > wanted.sizeLimit.bytes)
        return `Usage of EmptyDir volume "${name}" exceeds the limit "${wanted.sizeLimit.text}". `;
      if (wanted.sticky !== true) onDisk += own;
    }
    return limit !== undefined && onDisk > limit.bytes
      ? `Pod ephemeral local storage usage exceeds the total limit of containers ${limit.text}. `
      : undefined;
  }
}
