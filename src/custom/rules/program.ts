// One compiled expression: its type, and evaluations that count their cost.
import type { Environment } from '@marcbachmann/cel-js';
import { isMap } from '../../own.ts';
import { findsPattern } from '../patterns.ts';
import { patternSteps } from '../work.ts';
import { celPackage } from './cel-package.ts';
import { FOREIGN_METHODS } from './library.ts';
import { charge, chargeValue } from './meter.ts';

/** The evaluator's syntax node, as far as it is used here. */
interface Node {
  op: string;
  args: unknown;
  start: number;
  evaluate: Evaluate;
  readonly meta: { alternate?: Node; macro?: { evaluate: Evaluate }; evaluate: Evaluate };
}
type Evaluate = (evaluator: Evaluator, node: unknown, context: unknown) => unknown;
interface Evaluator {
  run(node: unknown, context: unknown): unknown;
}

export interface Program {
  usesOldSelf: boolean;
  /** Evaluates; runs under `metered`. Throws if the expression fails. */
  run(values: { self: unknown; oldSelf?: unknown }): unknown;
}

export interface CompileProblem {
  problem: string;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' &&
  value !== null &&
  'op' in value &&
  'meta' in value &&
  typeof value.op === 'string';

/** Every node of the expression once: arguments, expanded macros, constants. */
function* nodesOf(root: unknown): Generator<Node> {
  const seen = new Set<unknown>();
  for (const open: unknown[] = [root]; open.length > 0;) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isNode(next)) {
      yield next;
      open.push(next.args, next.meta.alternate, next.meta.macro);
    } else if (Array.isArray(next)) open.push(...(next as unknown[]));
    else if (Object.getPrototypeOf(next) === Object.prototype) open.push(...Object.values(next));
  }
}

type Fields = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A field tested by `has` that the type does not declare: the evaluator itself would return false. */
function undeclaredField(node: Node, fields: Fields): { name: string; start: number } | undefined {
  const macro = node.meta.macro as { macroHasProps?: unknown } | undefined;
  const path = macro?.macroHasProps;
  if (!Array.isArray(path)) return undefined;
  const [first, ...members] = (path as (Node & { checkedType?: { name: string } })[]).toReversed();
  let type = first?.checkedType?.name ?? 'dyn';
  for (const { args, start } of members) {
    const name = Array.isArray(args) ? String(args[1]) : '';
    const known = fields.get(type);
    if (known !== undefined && !known.has(name)) return { name, start };
    type = known?.get(name) ?? /^map<[^,]+, (.*)>$/.exec(type)?.[1] ?? 'dyn';
  }
  return undefined;
}

const COMPARES = new Set(['==', '!=', 'in']);

/** Makes a node charge its cost; the operands of a comparison cost all that they contain. */
function countCost(node: Node, compared: ReadonlySet<unknown>): void {
  const whole = compared.has(node);
  const evaluate: Evaluate =
    node.op === 'rcall' && Array.isArray(node.args) && node.args[0] === 'matches'
      ? matches
      : (evaluator, self, context) => {
          const { alternate, macro, evaluate: own } = node.meta;
          if (alternate) return alternate.evaluate(evaluator, alternate, context);
          return macro ? macro.evaluate(evaluator, macro, context) : own(evaluator, self, context);
        };
  // The evaluator would otherwise replace this method at the first call.
  Object.defineProperty(node, 'evaluate', {
    configurable: true,
    get: (): Evaluate => (evaluator, self, context) => {
      charge(1);
      const value = evaluate(evaluator, self, context);
      chargeValue(value, whole);
      return value;
    },
    set: () => undefined,
  });
}

/** `matches` with patterns whose time grows only linearly with the text. */
const matches: Evaluate = (evaluator, node, context) => {
  const [, receiver, [pattern]] = (node as { args: [string, unknown, [unknown]] }).args;
  const [text, sought] = [evaluator.run(receiver, context), evaluator.run(pattern, context)];
  if (typeof text !== 'string' || typeof sought !== 'string')
    throw new Error('no such overload: matches');
  charge(patternSteps(sought, text));
  return findsPattern(sought, text);
};

/** A position in an expression as Kubernetes prints it. */
function located(expression: string, at: number, text: string): string {
  const before = expression.slice(0, at).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `compilation failed: ERROR: <input>:${before.length}:${column + 1}: ${text}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

function problemOf(expression: string, error: unknown): CompileProblem {
  const { code, summary, message, range } = error as {
    code?: string;
    summary?: string;
    message: string;
    range?: { start: number };
  };
  const missing = /^No such key: (.*)$/.exec(summary ?? message)?.[1];
  const start = range?.start ?? 0;
  return code === 'no_such_key' && missing !== undefined
    ? { problem: located(expression, Math.max(0, start - 1), `undefined field '${missing}'`) }
    : { problem: located(expression, start, summary ?? message) };
}

/** The expression as a program of the wanted type, or the reason why not. */
export function compile(
  env: Environment,
  expression: string,
  wanted: 'bool' | 'string',
  fields: Fields,
): Program | CompileProblem {
  const parsed = parse(env, expression);
  if ('problem' in parsed) return parsed;
  const { valid, type, error } = parsed.check();
  if (!valid) return problemOf(expression, error);
  if (type !== wanted && type !== 'dyn') return { problem: `must evaluate to a ${wanted}` };
  const nodes = [...nodesOf(parsed.ast)];
  const foreign = nodes.find(
    ({ op, args }) => op === 'rcall' && Array.isArray(args) && FOREIGN_METHODS.has(String(args[0])),
  );
  if (foreign !== undefined)
    return { problem: located(expression, foreign.start, 'undeclared reference') };
  const undeclared = nodes
    .map((node) => undeclaredField(node, fields))
    .find((found) => found !== undefined);
  if (undeclared !== undefined)
    return {
      problem: located(expression, undeclared.start, `undefined field '${undeclared.name}'`),
    };
  const compared = new Set(
    nodes.flatMap(({ op, args }) => (COMPARES.has(op) && Array.isArray(args) ? args : [])),
  );
  for (const node of nodes) countCost(node, compared);
  return {
    usesOldSelf: nodes.some(({ op, args }) => op === 'id' && args === 'oldSelf'),
    run: (values) => parsed(values) as unknown,
  };
}

function parse(env: Environment, expression: string) {
  try {
    return env.parse(expression);
  } catch (error) {
    return problemOf(expression, error);
  }
}

/** The old value for a rule that also runs when there is none. */
export function optional(value: unknown): unknown {
  const { Optional } = celPackage();
  return value === undefined ? Optional.none() : Optional.of(value);
}

/** Whether a value is a compile problem. */
export const isProblem = (value: Program | CompileProblem): value is CompileProblem =>
  isMap(value) && 'problem' in value;
