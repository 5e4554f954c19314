// The field table as a tree for walking along a pod, so that no path text has to be built and looked up at each member.
import { fields } from './fields.ts';
import type { Field } from './field-table.ts';

/** A node of the tree. A node without a row on it or below it is UNKNOWN, and so are all its descendants. */
export interface FieldNode {
  readonly path: string;
  readonly field: Field | undefined;
  member(name: string): FieldNode;
  /** Of any index. */
  entry(): FieldNode;
}

class Branch implements FieldNode {
  field: Field | undefined;
  readonly #below = new Map<string, Branch>();
  constructor(readonly path: string) {}

  member(name: string): FieldNode {
    return this.#below.get(name) ?? UNKNOWN;
  }

  entry(): FieldNode {
    return this.member('[]');
  }

  /** The child for a path; created where it is missing. */
  grow(steps: readonly string[]): Branch {
    const [step, ...rest] = steps;
    if (step === undefined) return this;
    const dot = step === '[]' || this.path === '' ? '' : '.';
    const next = this.#below.get(step) ?? new Branch(`${this.path}${dot}${step}`);
    this.#below.set(step, next);
    return next.grow(rest);
  }
}

const UNKNOWN: FieldNode = new Branch('');

const stepsOf = (path: string): string[] => path.match(/\[\]|[^.[\]]+/g) ?? [];

let tree: Branch | undefined;

/** The tree's root; grown when it is first asked for. */
function root(): Branch {
  if (tree !== undefined) return tree;
  tree = new Branch('');
  for (const field of fields()) tree.grow(stepsOf(field.path.replace(/\.\*\*$/, ''))).field = field;
  return tree;
}

/** The node of a path; '' is the spec. */
export const nodeAt = (path: string): FieldNode =>
  stepsOf(path).reduce<FieldNode>(
    (node, step) => (step === '[]' ? node.entry() : node.member(step)),
    root(),
  );

/** The spec's own node, in which init containers have the rows of containers. */
export const SPEC: FieldNode = {
  path: '',
  field: undefined,
  member: (name) => root().member(name === 'initContainers' ? 'containers' : name),
  entry: () => UNKNOWN,
};
