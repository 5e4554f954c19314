// Objects as they were parsed or written last: admission reads the same few at each call, and a new state is read by the log and by its
// own step.
import type { KubeObject } from '../kinds/pod.ts';
import type { Body } from './body.ts';
import { toObject, versioned } from './body.ts';
import type { Attribute } from './table.ts';

/** The most that are kept, and of how many characters each. Few, so that they do not outlive the nursery. */
const MOST = 64;
const LONGEST = 8 * 1024;

/** By the stored attribute: a table that keeps its items returns the same one until it changes. */
const recent = new Map<object, { number: number; object: KubeObject }>();

/** The object of a stored body's text, with its version. It is shared: readers must not change it. */
export function parsed(text: string, number: number, stored: Attribute | undefined): KubeObject {
  if (text.length > LONGEST || typeof stored !== 'object' || stored === null)
    return toObject(text, number);
  const known = recent.get(stored);
  // A deletion's entry shows the last state under the deletion's number.
  if (known?.number === number) return known.object;
  const object = toObject(text, number);
  keep(stored, number, object);
  return object;
}

/**
 * Keeps a written object, which is not parsed again then: the store takes it over, and its writer must not change it any more (the fake
 * of the tests freezes it).
 */
export function written(stored: Body, text: string, number: number, object: KubeObject): void {
  if (text.length <= LONGEST) keep(stored, number, versioned(object, number));
}

function keep(stored: object, number: number, object: KubeObject): void {
  const [oldest] = recent.size < MOST ? [] : recent.keys();
  if (oldest !== undefined) recent.delete(oldest);
  recent.set(stored, { number, object });
}
