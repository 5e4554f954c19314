// Kubernetes Events that the podlet reports, kept until the API acknowledges that they are stored.
import { present } from '../src/present.ts';
import { cutText, MAX_EVENT_BYTES } from '../src/protocol/cut-text.ts';
import type { PodletEvent } from '../src/protocol/messages.ts';

/** The limit for a podlet that is cut off for hours: the oldest are dropped. */
const MOST_EVENTS = 200;
/** Events per report; the next ones follow once these are stored. */
const MOST_AT_ONCE = 50;

export class EventLog {
  private count = 0;
  private kept: PodletEvent[] = [];
  constructor(
    private readonly bootId: string,
    private readonly now: () => Date,
  ) {}

  /** Without a container the event is the pod's. Texts too long for an event are cut. */
  add(type: PodletEvent['type'], reason: string, message: string, container?: string): void {
    this.count += 1;
    this.kept.push({
      id: `${this.bootId}-${this.count}`,
      at: this.now().toISOString(),
      type,
      reason,
      message: cutText(message, MAX_EVENT_BYTES),
      ...present({ container }),
    });
    if (this.kept.length > MOST_EVENTS) this.kept.shift();
  }

  /** Whether any of them was still kept. */
  acknowledge(ids: string[]): boolean {
    const stored = new Set(ids);
    const before = this.kept.length;
    this.kept = this.kept.filter((event) => !stored.has(event.id));
    return this.kept.length < before;
  }

  unacknowledged(): PodletEvent[] {
    return this.kept.slice(0, MOST_AT_ONCE);
  }
}
