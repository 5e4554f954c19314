// managedFields: which manager set which field, and what a create, an update or a patch makes of it (apply has rules of its own).
import type { KubeObject } from '../../kinds/pod.ts';
import type { ObjectShape } from '../../kinds/shapes.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { isMap, own, setOwn } from '../../own.ts';
import { present } from '../../present.ts';
import { Latest } from '../../remembered.ts';
import { cutEntries } from './atomic-fields.ts';
import type { FieldTree } from './field-tree.ts';
import { compareFields, isLeaf, strip, subtract, union } from './field-tree.ts';

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

/** Trees that need no sorting. */
const inOrderThroughout = new WeakSet<FieldTree>();

/** Kubernetes writes field sets in order, and clients compare them as text. */
function sorted(tree: FieldTree): FieldTree {
  if (inOrderThroughout.has(tree)) return tree;
  const names = Object.keys(tree);
  if (names.length === 0) return tree;
  const ordered: FieldTree = {};
  for (const name of inOrder(names) ? names : names.sort())
    setOwn(ordered, name, sorted(own(tree, name) ?? {}));
  return ordered;
}

const inOrder = (names: readonly string[]): boolean =>
  names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);

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

type Compared = ReturnType<typeof compareFields>;

/** Specs that are remembered for each kind, and the length from which one is not. */
const MOST_SPECS = 128;
const MOST_CHARACTERS = 16_384;
const fieldsOfSpecs = new WeakMap<ObjectShape, Latest<Compared>>();

/** The fields of a new object. Those of a spec that others had too, as replicas do, are looked for once. */
function fieldsAtCreation(shape: ObjectShape, next: KubeObject): Compared {
  if (shape.isCustom) return compareFields(shape, EMPTY_CUSTOM, next);
  const { spec, ...rest } = next;
  if (!isMap(spec)) return compareFields(shape, EMPTY, next);
  const { spec: noSpec, ...empty } = EMPTY;
  const others = compareFields(shape, empty, rest);
  const ofSpec = fieldsOfSpec(shape, JSON.stringify(spec), () =>
    compareFields(shape, { spec: noSpec }, { spec }),
  );
  return {
    changed: { ...others.changed, ...ofSpec.changed },
    removed: { ...others.removed, ...ofSpec.removed },
  };
}

function fieldsOfSpec(shape: ObjectShape, spec: string, compare: () => Compared): Compared {
  const specs = fieldsOfSpecs.get(shape) ?? new Latest<Compared>(MOST_SPECS, MOST_CHARACTERS);
  fieldsOfSpecs.set(shape, specs);
  const known = specs.get(spec);
  if (known !== undefined) return known;
  const { changed, removed } = compare();
  const made = { changed: sorted(changed), removed };
  for (const tree of Object.values(made.changed)) inOrderThroughout.add(tree);
  specs.set(spec, made);
  return made;
}

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
  const compared =
    old === undefined ? fieldsAtCreation(shape, next) : compareFields(shape, old, next);
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
