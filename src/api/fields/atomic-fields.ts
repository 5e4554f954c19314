// Sets of fields from before a structure, map or list was owned as a whole: cut where it is owned now.
import { isGranular } from '../../kinds/shapes.ts';
import type { Field, Shape } from '../../kinds/shapes.ts';
import { setOwn } from '../../own.ts';
import type { FieldTree } from './field-tree.ts';
import type { ManagedEntry } from './managed-fields.ts';

/**
 * The tree without what it names below an atomic value, whose owner is the owner of the whole (as structured-merge-diff's
 * ReconcileFieldSetWithSchema does when a schema has changed). What the shape does not know stays.
 */
function cutAtAtomic(shape: Shape, tree: FieldTree, field?: Field): FieldTree {
  const below = belowOf(shape, field);
  if (below === 'any') return tree;
  const segments = Object.entries(tree);
  if (below === 'none') return segments.length === 0 ? tree : {};
  // Nearly always there is nothing to cut, and every write asks.
  let cut: FieldTree | undefined;
  for (const [segment, members] of segments) {
    const kept = below(segment, members);
    if (kept === members) continue;
    cut ??= { ...tree };
    setOwn(cut, segment, kept);
  }
  return cut ?? tree;
}

/** How a segment's members are cut; `none`: the value is atomic, `any`: the shape says nothing about it. */
function belowOf(
  shape: Shape,
  field: Field | undefined,
): 'any' | 'none' | ((segment: string, members: FieldTree) => FieldTree) {
  if (shape.type === 'schemas') return 'none';
  if (shape.type === 'list')
    return field?.list.mapKeys === undefined
      ? 'none'
      : (segment, members) => (segment.startsWith('k:') ? cutAtAtomic(shape.of, members) : members);
  if (shape.type !== 'object' && shape.type !== 'map') return 'any';
  if (!isGranular(shape)) return 'none';
  if (shape.type === 'map') return (_segment, members) => cutAtAtomic(shape.of, members);
  return (segment, members) => {
    const inner = shape.fields.get(segment.slice('f:'.length));
    return inner === undefined ? members : cutAtAtomic(inner.shape, members, inner);
  };
}

/** Entries of the shape's version, cut; those of other versions are judged by their own shapes. */
export const cutEntries = (
  shape: Shape,
  apiVersion: string,
  entries: readonly ManagedEntry[],
): ManagedEntry[] =>
  entries.map((entry) =>
    entry.apiVersion === apiVersion
      ? { ...entry, fieldsV1: cutAtAtomic(shape, entry.fieldsV1) }
      : entry,
  );
