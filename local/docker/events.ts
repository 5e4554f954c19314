// The engine's events as an endless sequence: a broken stream is reopened from its last event on.
import { createInterface } from 'node:readline';
import type { Clock } from '../../src/ports/clock.ts';
import type { Docker } from './engine-api.ts';

export interface DockerEvent {
  action: string;
  /** Container id. */
  id: string;
  attributes: Record<string, string>;
  /** Nanoseconds since 1970, as decimal text. */
  timeNano: string;
}

export interface EventSource {
  /** Labels (`key` or `key=value`) that the containers carry. */
  labels: string[];
  actions: string[];
  clock: Clock;
  signal: AbortSignal;
  /** The stream is open, and everything from now on will be reported. Called after each reconnection too. */
  onOpen: () => void;
}

const RECONNECT_MS = 500;

/** Events of containers, oldest first, until the signal aborts. After a reconnection the last ones may be repeated. */
export async function* containerEvents(
  docker: Docker,
  source: EventSource,
): AsyncGenerator<DockerEvent> {
  let since: string | undefined;
  while (!source.signal.aborted) {
    try {
      for await (const event of oneStream(docker, source, since)) {
        since = event.timeNano;
        yield event;
      }
    } catch (error) {
      if (source.signal.aborted) return;
      // The engine is down or restarting. Containers may change meanwhile; `onOpen` lets the caller look.
      if (!(error instanceof Error)) throw error;
    }
    await source.clock.sleep(RECONNECT_MS, source.signal);
  }
}

async function* oneStream(
  docker: Docker,
  source: EventSource,
  since: string | undefined,
): AsyncGenerator<DockerEvent> {
  const filters = JSON.stringify({
    type: ['container'],
    label: source.labels,
    event: source.actions,
  });
  const stream = await docker.open('GET', '/events', {
    query: { filters, since: since === undefined ? undefined : toSeconds(since) },
    signal: source.signal,
  });
  source.onOpen();
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    // timeNano exceeds the precision of a JSON number, so it is read from the text.
    const timeNano = /"timeNano":(\d+)/.exec(line)?.[1];
    if (timeNano === undefined) continue;
    const event: { Action: string; Actor: { ID: string; Attributes: Record<string, string> } } =
      JSON.parse(line);
    yield {
      action: event.Action,
      id: event.Actor.ID,
      attributes: event.Actor.Attributes,
      timeNano,
    };
  }
}

function toSeconds(nanoseconds: string): string {
  const padded = nanoseconds.padStart(10, '0');
  return `${padded.slice(0, -9)}.${padded.slice(-9)}`;
}

/** An event's time as RFC 3339 with nanoseconds. */
export function eventTime(timeNano: string): string {
  const seconds = Number(timeNano.slice(0, -9));
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${timeNano.slice(-9)}Z`;
}
