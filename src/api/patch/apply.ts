// Server-side apply: applied fields are set and owned; fields that the manager owned and no longer applies are removed.
import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../errors.ts';
import type { Cause } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isGranular, unnamedShape } from '../../kinds/shapes.ts';
import type { Field, ObjectShape, Shape } from '../../kinds/shapes.ts';
import { isMap, own, setOwn } from '../../own.ts';
import { present } from '../../present.ts';
import { repeats } from '../../repeats.ts';
import { cutEntries } from '../fields/atomic-fields.ts';
import {
  compareFields,
  elementSegment,
  fieldsOf,
  intersect,
  strip,
  subtract,
} from '../fields/field-tree.ts';
import { entriesOf, entryFor } from '../fields/managed-fields.ts';
import type { FieldTree } from '../fields/field-tree.ts';
import type { ManagedEntry, OtherForm, Writer } from '../fields/managed-fields.ts';

type Values = { [key: string]: unknown };

const isEmpty = (tree: FieldTree): boolean => Object.keys(tree).length === 0;

/** The live object with the applied one merged into it, element by element in lists with keys. */
function overlay(shape: Shape, live: unknown, applied: unknown, field?: Field): unknown {
  if (isMap(applied) && isGranular(shape) && (shape.type === 'object' || shape.type === 'map')) {
    const merged: Values = isMap(live) ? { ...live } : {};
    for (const [key, value] of Object.entries(applied)) {
      const inner = shape.type === 'object' ? shape.fields.get(key) : undefined;
      setOwn(
        merged,
        key,
        overlay(
          shape.type === 'map' ? shape.of : (inner?.shape ?? unnamedShape(shape)),
          own(merged, key),
          value,
          inner,
        ),
      );
    }
    return merged;
  }
  const keys = field?.list.mapKeys;
  if (
    shape.type !== 'list' ||
    keys === undefined ||
    !Array.isArray(applied) ||
    !Array.isArray(live)
  )
    return applied;
  return overlayList(shape.of, keys, live, applied);
}

function overlayList(of: Shape, keys: string[], live: unknown[], applied: unknown[]): unknown[] {
  const wanted = new Map(applied.map((element) => [elementSegment(keys, element), element]));
  const kept = live.map((element) => {
    const segment = elementSegment(keys, element);
    const next = wanted.get(segment);
    wanted.delete(segment);
    return next === undefined ? element : overlay(of, element, next);
  });
  return [...kept, ...wanted.values()];
}

/** The value without the fields of the tree. */
function prune(shape: Shape, value: unknown, tree: FieldTree, field?: Field): unknown {
  if (isMap(value) && (shape.type === 'object' || shape.type === 'map')) {
    const kept: Values = {};
    for (const [key, member] of Object.entries(value)) {
      const below = own(tree, `f:${key}`);
      const inner = shape.type === 'object' ? shape.fields.get(key) : undefined;
      const pruned =
        below === undefined
          ? member
          : pruneMember(
              shape.type === 'map' ? shape.of : (inner?.shape ?? unnamedShape(shape)),
              member,
              below,
              inner,
            );
      if (pruned !== undefined) setOwn(kept, key, pruned);
    }
    return kept;
  }
  const keys = field?.list.mapKeys;
  if (shape.type !== 'list' || keys === undefined || !Array.isArray(value)) return value;
  return value
    .map((element) => {
      const below = own(tree, elementSegment(keys, element) ?? '');
      return below === undefined ? element : pruneMember(shape.of, element, below);
    })
    .filter((element) => element !== undefined);
}

/** undefined: nothing remains. A tree with `.` removes the whole list element. */
function pruneMember(shape: Shape, value: unknown, tree: FieldTree, field?: Field): unknown {
  if (isEmpty(tree) || tree['.'] !== undefined) return undefined;
  const pruned = prune(shape, value, tree, field);
  const empty = Array.isArray(pruned)
    ? pruned.length === 0
    : isMap(pruned) && Object.keys(pruned).length === 0;
  return empty ? undefined : pruned;
}

/** The fields of `a` that nobody else owns; an element stays if others own a field in it. */
function unowned(a: FieldTree, others: FieldTree): FieldTree {
  const tree: FieldTree = {};
  for (const [segment, below] of Object.entries(a)) {
    const other = own(others, segment);
    if (other === undefined) setOwn(tree, segment, below);
    else if (segment !== '.' && !isEmpty(below) && !isEmpty(other)) {
      const { '.': _self, ...members } = below;
      const rest = unowned(members, other);
      if (!isEmpty(rest)) setOwn(tree, segment, rest);
    }
  }
  return tree;
}

/** In the order in which kube-apiserver walks its sets: first the fields that end here, then those that go deeper. */
function pathsOf(tree: FieldTree, path = ''): string[] {
  const members = Object.entries(tree)
    .filter(([segment]) => segment !== '.')
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const ends = members.filter(([, below]) => isEmpty(below));
  const inner = members.filter(([, below]) => !isEmpty(below));
  return [
    ...ends.map(([segment]) => `${path}${segmentPath(segment)}`),
    ...inner.flatMap(([segment, below]) => pathsOf(below, `${path}${segmentPath(segment)}`)),
  ];
}

function segmentPath(segment: string): string {
  const body = segment.slice(2);
  if (segment.startsWith('f:')) return `.${body}`;
  if (segment.startsWith('v:')) return `[=${body}]`;
  const keys = JSON.parse(body) as Values;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

function conflictOf(conflicts: { entry: ManagedEntry; paths: string[] }[]): ApiError {
  const nameOf = ({ manager, operation, apiVersion, subresource }: ManagedEntry): string =>
    `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
  const found = [...conflicts].sort((one, other) =>
    nameOf(one.entry) < nameOf(other.entry) ? -1 : 1,
  );
  const causes: Cause[] = found.flatMap(({ entry, paths }) =>
    paths.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${nameOf(entry)}`,
      field,
    })),
  );
  const [only] = causes;
  const text =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field ?? ''}`
      : `Apply failed with ${causes.length} conflicts: ${found.map(({ entry, paths }) => `conflicts with ${nameOf(entry)}:\n${paths.map((path) => `- ${path}`).join('\n')}`).join('\n')}`;
  return new ApiError('Conflict', text, { causes });
}

/** The first apply to an object without any known manager. */
function startingEntries(shape: ObjectShape, live: KubeObject, writer: Writer): ManagedEntry[] {
  const known = cutEntries(shape, writer.apiVersion, entriesOf(live));
  if (known.length > 0 || live.metadata.uid === undefined) return known;
  const { time: _time, ...entry } = entryFor(
    { ...writer, manager: 'before-first-apply', subresource: '' },
    'Update',
    strip(fieldsOf(shape, live, true), writer.resetFields),
  );
  return [entry];
}

export interface Applied {
  object: KubeObject;
  entries: ManagedEntry[];
}

/**
 * Applies a decoded configuration to the live object (an empty one on creation); throws Conflict unless forced.
 * `forms`: the kind's other versions, by which their managers' fields are judged.
 */
export function applyObject(
  shape: ObjectShape,
  live: KubeObject,
  config: KubeObject,
  writer: Writer,
  force: boolean,
  forms: readonly OtherForm[] = [],
): Applied {
  const before = startingEntries(shape, live, writer);
  const isOwn = (entry: ManagedEntry): boolean =>
    entry.operation === 'Apply' &&
    entry.manager === writer.manager &&
    (entry.subresource ?? '') === writer.subresource;
  const wanted = strip(fieldsOf(shape, config, false), writer.resetFields);
  const merged = overlay(shape, live, config) as KubeObject;
  const changed = strip(compareFields(shape, live, merged).changed, writer.resetFields);
  const others = before.filter((entry) => !isOwn(entry));
  const changedFor = changesByVersion(changed, live, merged, writer, forms);
  const conflicts = others
    .map((entry) => ({ entry, paths: pathsOf(intersect(entry.fieldsV1, changedFor(entry))) }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw conflictOf(conflicts);
  const own = before.find(isOwn);
  const dropped = others.reduce(
    (tree, entry) => unowned(tree, entry.fieldsV1),
    subtract(own?.fieldsV1 ?? {}, wanted),
  );
  const kept = others
    .map((entry) =>
      conflicts.some((found) => found.entry === entry)
        ? { ...entry, fieldsV1: subtract(entry.fieldsV1, changedFor(entry)) }
        : entry,
    )
    .filter(({ fieldsV1 }) => !isEmpty(fieldsV1));
  const entry = entryFor(writer, 'Apply', wanted);
  const same = own !== undefined && isDeepStrictEqual(own.fieldsV1, wanted);
  return {
    object: prune(shape, merged, dropped) as KubeObject,
    entries: [...kept, same ? { ...entry, ...present({ time: own.time || undefined }) } : entry],
  };
}

/** What changed, as the version of an entry names it; each version is compared once. */
function changesByVersion(
  changed: FieldTree,
  live: KubeObject,
  merged: KubeObject,
  writer: Writer,
  forms: readonly OtherForm[],
): (entry: ManagedEntry) => FieldTree {
  const known = new Map([[writer.apiVersion, changed]]);
  return ({ apiVersion }) => {
    const form = forms.find((one) => one.apiVersion === apiVersion);
    const found =
      known.get(apiVersion) ??
      (form === undefined
        ? changed
        : strip(
            compareFields(form.shape, form.show(live), form.show(merged)).changed,
            writer.resetFields,
          ));
    known.set(apiVersion, found);
    return found;
  };
}

/** Refuses a list with keys that names an element twice. */
export function duplicateElement(
  shape: Shape,
  value: unknown,
  path = '',
  field?: Field,
): string | undefined {
  if (isMap(value) && (shape.type === 'object' || shape.type === 'map')) {
    for (const [key, member] of Object.entries(value)) {
      const inner = shape.type === 'object' ? shape.fields.get(key) : undefined;
      const found = duplicateElement(
        shape.type === 'map' ? shape.of : (inner?.shape ?? unnamedShape(shape)),
        member,
        `${path}.${key}`,
        inner,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (shape.type !== 'list' || !Array.isArray(value)) return undefined;
  const keys = field?.list.mapKeys;
  const segments =
    keys === undefined || keys.length === 0
      ? []
      : value.map((element) => elementSegment(keys, element));
  const second = repeats(segments);
  const twice = segments.find((segment, index) => segment !== undefined && second.has(index));
  if (twice !== undefined) return `${path}: duplicate entries for key ${segmentPath(twice)}`;
  return value
    .map((element: unknown) => duplicateElement(shape.of, element, path))
    .find((found) => found !== undefined);
}
