// Brings volumes into the wanted form before containers start, keeps them current, and watches size limits.
import type { Desired } from '../src/sync/messages.ts';
import type { PodletPorts } from './ports.ts';
import type { World } from './world.ts';

/** The kubelet's eviction manager looks that often. */
const SIZE_CHECK_MS = 10_000;
const RETRY_MS = 1_000;

export class VolumeKeeper {
  private readonly busy = new Set<string>();
  constructor(
    private readonly ports: Pick<PodletPorts, 'volumes' | 'clock'>,
    private readonly world: World,
    private readonly changed: () => void,
  ) {}

  /** Takes the newest wishes; an entry whose version is in place needs no content. */
  want(volumes: Desired['volumes']): void {
    for (const [name, wanted] of Object.entries(volumes)) {
      const known = this.world.volumes[name];
      this.world.volumes[name] = { ...known, wanted };
      if (wanted.missing === undefined && known?.applied !== wanted.version) void this.apply(name);
    }
  }

  private async apply(name: string): Promise<void> {
    const volume = this.world.volumes[name];
    if (volume === undefined || this.busy.has(name)) return;
    this.busy.add(name);
    const { wanted } = volume;
    // Emptied once, never again while the pod lives.
    const change = volume.applied === undefined ? wanted : { ...wanted, emptyDir: false };
    const error = await this.ports.volumes.apply(name, change).then(() => undefined, (failure: unknown) => String(failure));
    this.busy.delete(name);
    const now = this.world.volumes[name];
    if (now === undefined) return;
    if (error === undefined) {
      now.applied = wanted.version;
      delete now.error;
    } else {
      now.error = `MountVolume.SetUp failed for volume "${name}" : ${error}`;
      await this.ports.clock.sleep(RETRY_MS);
    }
    this.changed();
    if (now.wanted.missing === undefined && now.applied !== now.wanted.version) void this.apply(name);
  }

  /** Looks at size limits until the signal aborts; the first excess is the pod's eviction. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.ports.clock.sleep(SIZE_CHECK_MS, signal);
      if (signal.aborted || this.world.evict !== undefined) continue;
      for (const [name, { wanted }] of Object.entries(this.world.volumes)) {
        if (wanted.sizeLimitBytes === undefined || (await this.ports.volumes.usedBytes(name)) <= wanted.sizeLimitBytes) continue;
        this.world.evict = `Usage of EmptyDir volume "${name}" exceeds the limit "${sizeText(wanted.sizeLimitBytes)}". `;
        this.changed();
        break;
      }
    }
  }
}

/** As Kubernetes prints a binary quantity: the largest unit without a remainder. */
function sizeText(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let unit = 0;
  let count = bytes;
  while (count >= 1024 && count % 1024 === 0 && unit < units.length - 1) [count, unit] = [count / 1024, unit + 1];
  return `${count}${units[unit]}`;
}
