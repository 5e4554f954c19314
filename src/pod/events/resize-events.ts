// The events of an in-place resize: a word, then the sizes as JSON in Go's format.
import type { Container, Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { PodEvent } from './pod-events.ts';

type Resources = NonNullable<Container['resources']>;

const sorted = (list: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(list).sort(([left], [right]) => (left < right ? -1 : 1)));

function ordered({ limits, requests, claims }: Resources): Resources {
  return {
    ...present({
      limits: limits ? sorted(limits) : undefined,
      requests: requests ? sorted(requests) : undefined,
      claims,
    }),
  };
}

const summaryOf = ({ name, resources = {} }: Container): object => ({
  name,
  resources: ordered(resources),
});

/** Go's encoder escapes characters that are unsafe in HTML. */
const goJson = (value: object): string =>
  JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

function text(
  word: string,
  { spec: { initContainers = [], containers } }: Pod,
  generation: number,
  error?: string,
): string {
  return `Pod resize ${word}: ${goJson({
    ...present({
      initContainers: initContainers.length > 0 ? initContainers.map(summaryOf) : undefined,
    }),
    containers: containers.map(summaryOf),
    generation,
    ...present({ error }),
  })}`;
}

const event = (type: PodEvent['type'], reason: string, message: string): PodEvent => ({
  type,
  reason,
  message,
  component: 'kubelet',
});

/** The node has promised the sizes that `pod` requests. */
export const resizeStarted = (pod: Pod, generation: number): PodEvent =>
  event('Normal', 'ResizeStarted', text('started', pod, generation));

/** All containers have the sizes in `pod`. */
export const resizeCompleted = (pod: Pod, generation: number): PodEvent =>
  event('Normal', 'ResizeCompleted', text('completed', pod, generation));

/** A container could not get what it was promised. */
export const resizeError = (pod: Pod, generation: number, error: string): PodEvent =>
  event('Warning', 'ResizeError', text('error', pod, generation, error));

/** The node can never provide what `pod` requests. */
export const resizeInfeasible = (pod: Pod, generation: number, why: string): PodEvent =>
  event('Warning', 'ResizeInfeasible', text('Infeasible', pod, generation, why));
