// Reading members of structures that only their content distinguishes.
import { own } from '../../own.ts';

export type Members = Record<string, unknown>;

/** The objects of a list member; nothing where it is missing. */
export function listOf(source: Members, member: string): unknown[] {
  const value = own(source, member);
  return Array.isArray(value) ? value : [];
}

/** A text member; '' where it is missing. */
export function textOf(source: Members, member: string): string {
  const value = own(source, member);
  return typeof value === 'string' ? value : '';
}
