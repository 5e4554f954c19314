// managedFields: which manager set which field. Sets of fields are trees in the form of FieldsV1 (`f:spec`, `k:{"name":"c"}`, `v:"x"`).
import { isDeepStrictEqual } from 'node:util';
import { isGranular, unnamedShape } from '../kinds/shapes.ts';
import type { Field, ObjectShape, Shape } from '../kinds/shapes.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap, own, setOwn } from '../own.ts';
import { present } from '../present.ts';
import { wholeSeconds } from '../kinds/time.ts';
import { cutEntries } from './atomic-fields.ts';

export interface FieldTree {
  [segment: string]: FieldTree;
}

export interface ManagedEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType: 'FieldsV1';
  fieldsV1: FieldTree;
  subresource?: string;
}

const MAX_UPDATE_MANAGERS = 10;
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

/** The children of a value; undefined where the value is owned as a whole. */
function childrenOf(shape: Shape, value: unknown, field?: Field): Child[] | undefined {
  if (isMap(value) && !isGranular(shape)) return undefined;
  if (shape.type === 'object' && isMap(value)) return membersOf(shape, value);
  if (shape.type === 'map' && isMap(value))
    return Object.entries(value).map(([name, member]) => ({
      segment: `f:${name}`,
      value: member,
      shape: shape.of,
      field: undefined,
      member: true,
    }));
  const keys = field?.list.mapKeys;
  if (shape.type !== 'list' || keys === undefined || !Array.isArray(value)) return undefined;
  return elementsOf(shape.of, value, keys);
}

function membersOf(shape: ObjectShape, value: { [name: string]: unknown }): Child[] {
  const children: Child[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const field = shape.fields.get(name);
    children.push({
      segment: `f:${name}`,
      value: member,
      shape: field?.shape ?? unnamedShape(shape),
      field,
      member: false,
    });
  }
  return children;
}

/** undefined: an element lacks its keys, so that the list is owned as a whole. */
function elementsOf(shape: Shape, list: unknown[], keys: string[]): Child[] | undefined {
  const children: Child[] = [];
  for (const value of list) {
    const segment = elementSegment(keys, value);
    if (segment === undefined) return undefined;
    children.push({ segment, value, shape, field: undefined, member: true });
  }
  return children;
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
  const children = childrenOf(shape, value, field) ?? [];
  const tree: FieldTree = self && children.length > 0 ? { '.': {} } : {};
  for (const child of children)
    setOwn(
      tree,
      child.segment,
      fieldsOf(child.shape, child.value, parents, child.field, child.member || parents),
    );
  return tree;
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

const isLeaf = (tree: FieldTree): boolean => Object.keys(tree).length === 0;
const ownsSelf = (tree: FieldTree): boolean => isLeaf(tree) || tree['.'] !== undefined;

/** The union of both sets. */
function union(a: FieldTree, b: FieldTree): FieldTree {
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

export interface Writer {
  manager: string;
  apiVersion: string;
  subresource: string;
  now: Date;
  resetFields: string[];
}

/** The entries of an object's metadata. */
export const entriesOf = (object: KubeObject): ManagedEntry[] =>
  (object.metadata.managedFields ?? []) as unknown as ManagedEntry[];

const isWriter = (
  entry: ManagedEntry,
  writer: Writer,
  operation: ManagedEntry['operation'],
): boolean =>
  entry.manager === writer.manager &&
  entry.operation === operation &&
  entry.apiVersion === writer.apiVersion &&
  (entry.subresource ?? '') === writer.subresource;

/** Kubernetes writes field sets in order, and clients compare them as text. */
function sorted(tree: FieldTree): FieldTree {
  const ordered: FieldTree = {};
  for (const name of Object.keys(tree).sort()) setOwn(ordered, name, sorted(own(tree, name) ?? {}));
  return ordered;
}

/** A writer's entry in its stored form. */
export function entryFor(
  writer: Writer,
  operation: ManagedEntry['operation'],
  fieldsV1: FieldTree,
): ManagedEntry {
  return {
    manager: writer.manager,
    operation,
    apiVersion: writer.apiVersion,
    time: wholeSeconds(writer.now),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(fieldsV1),
    ...present({ subresource: writer.subresource || undefined }),
  };
}

/** The parts of an empty object, which count as present for every writer. */
const EMPTY = { metadata: {}, spec: { containers: [] }, status: {} };
const EMPTY_CUSTOM = { metadata: {} };

/** Another version of the kind, which shows an object of the writer's version in its own form. */
export interface OtherForm {
  apiVersion: string;
  shape: ObjectShape;
  show(object: KubeObject): KubeObject;
}

/**
 * managedFields after a create, update or patch: the writer owns the fields that it changed, and nobody owns removed ones.
 * `forms`: the kind's other versions, by which their managers' fields are judged.
 */
export function managedAfterUpdate(
  shape: ObjectShape,
  old: KubeObject | undefined,
  next: KubeObject,
  writer: Writer,
  forms: readonly OtherForm[] = [],
): ManagedEntry[] {
  const compared = compareFields(shape, old ?? (shape.isCustom ? EMPTY_CUSTOM : EMPTY), next);
  const changed = strip(compared.changed, writer.resetFields);
  const before = old === undefined ? [] : cutEntries(shape, writer.apiVersion, entriesOf(old));
  if (isLeaf(changed) && isLeaf(strip(compared.removed, writer.resetFields))) return before;
  const own = before.find((entry) => isWriter(entry, writer, 'Update'));
  const inForm = new Map(
    old === undefined
      ? []
      : forms.map((form) => [
          form.apiVersion,
          compareFields(form.shape, form.show(old), form.show(next)),
        ]),
  );
  const kept = before
    .filter((entry) => entry !== own)
    .map((entry) => {
      const lost = inForm.get(entry.apiVersion) ?? { changed, removed: compared.removed };
      return { ...entry, fieldsV1: subtract(subtract(entry.fieldsV1, lost.changed), lost.removed) };
    })
    .filter(({ fieldsV1 }) => !isLeaf(fieldsV1));
  const fields = union(subtract(own?.fieldsV1 ?? {}, compared.removed), changed);
  return limit(isLeaf(fields) ? kept : [...kept, entryFor(writer, 'Update', fields)]);
}

/** Keeps at most ten managers that update; the oldest are merged into one. */
function limit(entries: ManagedEntry[]): ManagedEntry[] {
  const updates = entries.filter(({ operation }) => operation === 'Update');
  if (updates.length <= MAX_UPDATE_MANAGERS) return entries;
  const oldest = [...updates]
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
    .slice(0, updates.length - MAX_UPDATE_MANAGERS + 1);
  const first = oldest[0];
  if (first === undefined) return entries;
  const { time: _time, ...ancient } = {
    ...first,
    manager: 'ancient-changes',
    fieldsV1: oldest.map(({ fieldsV1 }) => fieldsV1).reduce(union, {}),
  };
  return [ancient, ...entries.filter((entry) => !oldest.includes(entry))];
}

/** The object with these entries; without any, it has no managedFields. */
export function withManaged(object: KubeObject, entries: ManagedEntry[]): KubeObject {
  const { managedFields: _managed, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries },
  };
}
