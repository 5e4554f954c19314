// CloudWatch Logs as a reader meets it: events appear some time after they were written, tokens continue where a reading ended.
import type { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../src/ports/clock.ts';

interface Event {
  timestamp: number;
  message: string;
}

export class FakeCloudWatch {
  /** When GetLogEvents was called, in milliseconds. */
  readonly calls: number[] = [];
  /** The number of next calls that are throttled. */
  throttled = 0;
  readonly #streams = new Map<string, Event[]>();

  constructor(
    readonly clock: Pick<Clock, 'now'>,
    readonly delayMs: number,
  ) {}

  /** What the log driver takes now: a line, or a mark of supervise. */
  write(stream: string, ...messages: string[]): void {
    const events = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, events);
    const timestamp = this.clock.now().getTime();
    events.push(...messages.map((message) => ({ timestamp, message })));
  }

  readonly client = {
    send: (command: GetLogEventsCommand) => Promise.resolve(this.#answer(command)),
  } as unknown as CloudWatchLogsClient;

  #answer({ input }: GetLogEventsCommand): object {
    const now = this.clock.now().getTime();
    this.calls.push(now);
    if (this.throttled > 0) {
      this.throttled -= 1;
      throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    }
    const stream = this.#streams.get(input.logStreamName ?? '') ?? [];
    // The first event makes the stream.
    const events = stream.filter(({ timestamp }) => timestamp + this.delayMs <= now);
    if (events.length === 0)
      throw Object.assign(new Error('no stream'), { name: 'ResourceNotFoundException' });
    const first = events.findIndex(({ timestamp }) => timestamp >= (input.startTime ?? 0));
    const from = first < 0 ? events.length : first;
    const limit = input.limit ?? 10_000;
    const token = Number(input.nextToken ?? (input.startFromHead ? from : events.length));
    const [start, end] = input.startFromHead
      ? [token, Math.min(token + limit, events.length)]
      : [Math.max(token - limit, from), token];
    return {
      events: events.slice(start, end),
      nextForwardToken: String(end),
      nextBackwardToken: String(start),
    };
  }
}
