// Sets of fields as trees in the form of FieldsV1 (`f:spec`, `k:{"name":"c"}`, `v:"x"`): of an object, of a change, and their algebra.
import { isDeepStrictEqual } from 'node:util';
import { isGranular, unnamedShape } from '../../kinds/shapes.ts';
import type { Field, ObjectShape, Shape } from '../../kinds/shapes.ts';
import { isMap, own, setOwn } from '../../own.ts';

/** The members of a set by their segments; an empty tree is a field without members in the set. */
export interface FieldTree {
  [segment: string]: FieldTree;
}

const NEVER_OWNED = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
];

/** A key that is left out has its default: port 80 is the same key as port 80 of TCP. */
const KEY_DEFAULTS: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** A list element's name in a tree; undefined where its keys are missing. */
export function elementSegment(keys: string[], element: unknown): string | undefined {
  if (keys.length === 0) return `v:${JSON.stringify(element)}`;
  if (!isMap(element)) return undefined;
  const values = keys
    .map((key): [string, unknown] => [key, own(element, key) ?? own(KEY_DEFAULTS, key)])
    .filter(([, value]) => value !== undefined);
  return values.length === 0
    ? undefined
    : `k:${JSON.stringify(Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1))))}`;
}

interface Child {
  segment: string;
  value: unknown;
  shape: Shape;
  field: Field | undefined;
  /** List elements and map entries are owned themselves, in addition to the fields below them. */
  member: boolean;
}

/** Takes each child of a value. */
type Visit = (
  segment: string,
  value: unknown,
  shape: Shape,
  field: Field | undefined,
  member: boolean,
) => void;

/** The children of a value; undefined where the value is owned as a whole. */
function childrenOf(shape: Shape, value: unknown, field?: Field): Child[] | undefined {
  const children: Child[] = [];
  const hasChildren = visitChildren(shape, value, field, (segment, member, of, named, isMember) =>
    children.push({ segment, value: member, shape: of, field: named, member: isMember }),
  );
  return hasChildren ? children : undefined;
}

/** false: the value is owned as a whole. */
function visitChildren(
  shape: Shape,
  value: unknown,
  field: Field | undefined,
  visit: Visit,
): boolean {
  if (isMap(value)) {
    if (!isGranular(shape)) return false;
    if (shape.type === 'object') visitMembers(shape, value, visit);
    if (shape.type === 'map')
      for (const name of Object.keys(value))
        visit(`f:${name}`, own(value, name), shape.of, undefined, true);
    return true;
  }
  const keys = field?.list.mapKeys;
  if (shape.type !== 'list' || keys === undefined || !Array.isArray(value)) return false;
  return visitElements(shape.of, value, keys, visit);
}

function visitMembers(shape: ObjectShape, value: { [name: string]: unknown }, visit: Visit): void {
  for (const name of Object.keys(value)) {
    const member = own(value, name);
    if (member === undefined) continue;
    const field = shape.fields.get(name);
    visit(`f:${name}`, member, field?.shape ?? unnamedShape(shape), field, false);
  }
}

/** false: an element lacks its keys, so that the list is owned as a whole. */
function visitElements(shape: Shape, list: unknown[], keys: string[], visit: Visit): boolean {
  const segments = list.map((value) => elementSegment(keys, value));
  if (segments.includes(undefined)) return false;
  for (const [index, segment] of segments.entries())
    visit(segment ?? '', list[index], shape, undefined, true);
  return true;
}

/**
 * All fields below a value. `parents`: added containers are owned themselves (Update); Apply owns only elements and leaves.
 * `self`: so is the value, if it has fields.
 */
export function fieldsOf(
  shape: Shape,
  value: unknown,
  parents: boolean,
  field?: Field,
  self = false,
): FieldTree {
  // Most values are leaves.
  if (typeof value !== 'object' || value === null) return {};
  let tree: FieldTree | undefined;
  visitChildren(shape, value, field, (segment, below, of, named, member) => {
    tree ??= self ? { '.': {} } : {};
    setOwn(tree, segment, fieldsOf(of, below, parents, named, member || parents));
  });
  return tree ?? {};
}

/** The fields that are new or different in `next` (`changed`) and those that it lacks (`removed`). */
export function compareFields(
  shape: Shape,
  old: unknown,
  next: unknown,
  field?: Field,
): { changed: FieldTree; removed: FieldTree } {
  const before = new Map(
    (childrenOf(shape, old, field) ?? []).map((child) => [child.segment, child]),
  );
  const after = new Map(
    (childrenOf(shape, next, field) ?? []).map((child) => [child.segment, child]),
  );
  const changed: FieldTree = {};
  const removed: FieldTree = {};
  for (const [segment, child] of after) {
    const was = before.get(segment);
    if (was === undefined) setOwn(changed, segment, whole(child));
    else if (was.value !== child.value && !isDeepStrictEqual(was.value, child.value))
      compareChild(segment, was, child, changed, removed);
  }
  for (const [segment, child] of before) {
    if (!after.has(segment)) setOwn(removed, segment, whole(child));
  }
  return { changed, removed };
}

/** A child that only one side has. */
const whole = ({ shape, value, field }: Child): FieldTree =>
  fieldsOf(shape, value, true, field, true);

function compareChild(
  segment: string,
  was: Child,
  child: Child,
  changed: FieldTree,
  removed: FieldTree,
): void {
  const leaf =
    childrenOf(child.shape, child.value, child.field) === undefined ||
    childrenOf(was.shape, was.value, was.field) === undefined;
  if (leaf) {
    setOwn(changed, segment, {});
    return;
  }
  const inner = compareFields(child.shape, was.value, child.value, child.field);
  if (Object.keys(inner.changed).length > 0) setOwn(changed, segment, inner.changed);
  if (Object.keys(inner.removed).length > 0) setOwn(removed, segment, inner.removed);
}

/** Whether a tree names nothing below itself. */
export const isLeaf = (tree: FieldTree): boolean => Object.keys(tree).length === 0;
const ownsSelf = (tree: FieldTree): boolean => isLeaf(tree) || tree['.'] !== undefined;

/** The union of both sets. */
export function union(a: FieldTree, b: FieldTree): FieldTree {
  const tree: FieldTree = { ...a };
  for (const [segment, below] of Object.entries(b)) {
    const known = own(tree, segment);
    if (known === undefined) setOwn(tree, segment, below);
    else if (segment !== '.') setOwn(tree, segment, joined(known, below));
  }
  return tree;
}

function joined(a: FieldTree, b: FieldTree): FieldTree {
  if (isLeaf(a) && isLeaf(b)) return {};
  const both = union(a, b);
  return ownsSelf(a) || ownsSelf(b) ? { '.': {}, ...both } : both;
}

/** Fields of `a` that are not in `b`. */
export function subtract(a: FieldTree, b: FieldTree): FieldTree {
  const tree: FieldTree = {};
  for (const [segment, below] of Object.entries(a)) {
    const other = own(b, segment);
    if (other === undefined) setOwn(tree, segment, below);
    else if (segment !== '.' && !isLeaf(below)) {
      const self = below['.'] !== undefined && !ownsSelf(other);
      const { '.': _self, ...members } = below;
      const rest = subtract(members, other);
      if (self || !isLeaf(rest)) setOwn(tree, segment, self ? { '.': {}, ...rest } : rest);
    }
  }
  return tree;
}

/** Fields of both `a` and `b`. */
export function intersect(a: FieldTree, b: FieldTree): FieldTree {
  const tree: FieldTree = {};
  for (const [segment, below] of Object.entries(a)) {
    const other = own(b, segment);
    if (other === undefined) continue;
    if (segment === '.' || (isLeaf(below) && ownsSelf(other)) || (isLeaf(other) && ownsSelf(below)))
      setOwn(tree, segment, {});
    else {
      const inner = intersect(below, other);
      if (!isLeaf(inner)) setOwn(tree, segment, inner);
    }
  }
  return tree;
}

/** Removes what no manager owns: identity, and the endpoint's reset fields. */
export function strip(tree: FieldTree, resetFields: string[]): FieldTree {
  const { 'f:apiVersion': _apiVersion, 'f:kind': _kind, ...rest } = tree;
  for (const field of resetFields) delete rest[`f:${field}`];
  const metadata = rest['f:metadata'];
  if (metadata === undefined) return rest;
  const owned = Object.fromEntries(
    Object.entries(metadata).filter(
      ([segment]) => segment !== '.' && !NEVER_OWNED.includes(segment.slice(2)),
    ),
  );
  delete rest['f:metadata'];
  return isLeaf(owned) ? rest : { 'f:metadata': owned, ...rest };
}
