// Optional members: in JSON and in Kubernetes an undefined member differs from an absent one.

import { setOwn } from './own.ts';

/** The members of `T`; those that may be undefined are optional instead. */
export type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** `members` without those that are undefined: `{ name, ...present({ message }) }`. */
export function present<const T extends object>(members: T): Present<T> {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) setOwn(given, name, value);
  return given as Present<T>;
}
