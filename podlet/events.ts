// Kubernetes Events that the podlet saw, kept until the API says that they are stored.
import type { PodletEvent } from '../src/sync/messages.ts';

/** A podlet cut off for hours must not grow: the oldest go first. */
const MOST_EVENTS = 200;

export class EventLog {
  private count = 0;
  private kept: PodletEvent[] = [];
  constructor(private readonly bootId: string, private readonly now: () => Date) {}

  /** Without a container the event is the pod's. */
  add(type: PodletEvent['type'], reason: string, message: string, container?: string): void {
    this.count += 1;
    this.kept.push({ id: `${this.bootId}-${this.count}`, at: this.now().toISOString(), type, reason, message, ...(container === undefined ? {} : { container }) });
    if (this.kept.length > MOST_EVENTS) this.kept.shift();
  }

  acknowledge(ids: string[]): void {
    this.kept = this.kept.filter((event) => !ids.includes(event.id));
  }

  unacknowledged(): PodletEvent[] {
    return this.kept;
  }
}
