// The rules of one schema (x-kubernetes-validations), compiled once for all objects.
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema, ValidationRule } from '../../kinds/json-schema.ts';
import { present } from '../../present.ts';
import { asResource } from '../prune.ts';
import { Declarations } from './declare.ts';
import type { Declared } from './declare.ts';
import { kubernetesEnvironment } from './library.ts';
import { compile, isProblem } from './program.ts';
import type { Program } from './program.ts';

export interface CompiledRule {
  rule: ValidationRule;
  program: Program;
  message?: Program;
}

interface RuleProblem {
  index: number;
  member: 'rule' | 'messageExpression';
  problem: string;
}

export interface CompiledRules {
  declared: Declared;
  rules: CompiledRule[];
  problems: RuleProblem[];
}

let shared: ReturnType<typeof kubernetesEnvironment> | undefined;
let durations: ((values: { text: string }) => unknown) | undefined;

function durationOf(env: ReturnType<typeof kubernetesEnvironment>, text: string): unknown {
  durations ??= env.clone().registerVariable('text', 'string').parse('duration(text)');
  try {
    return durations({ text }) as unknown;
  } catch {
    // The schema's own format check reports it; for rules it is absent.
    return undefined;
  }
}

const compiled = new WeakMap<JsonSchema, CompiledRules | null>();

/** The rules of this schema itself; undefined if it has none. `isRoot`: it is the schema of a whole object. */
export function compileRules(schema: JsonSchema, isRoot: boolean): CompiledRules | undefined {
  const known = compiled.get(schema);
  if (known !== undefined) return known ?? undefined;
  const made = (schema['x-kubernetes-validations'] ?? []).length > 0 ? make(schema, isRoot) : null;
  compiled.set(schema, made);
  return made ?? undefined;
}

function make(schema: JsonSchema, isRoot: boolean): CompiledRules {
  const base = (shared ??= kubernetesEnvironment());
  const env = base.clone();
  const declarations = new Declarations(env, (text) => durationOf(base, text));
  const declared = declarations.declare(isRoot ? asResource(schema) : schema) ?? {
    type: 'dyn',
    convert: () => undefined,
  };
  env.registerVariable('self', declared.type);
  const plain = env.clone().registerVariable('oldSelf', declared.type);
  const withOptional = env.clone().registerVariable('oldSelf', `optional<${declared.type}>`);
  const problems: RuleProblem[] = [];
  const rules = (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const own = rule.optionalOldSelf === true ? withOptional : plain;
    const program = compile(own, rule.rule, 'bool', declarations.fields);
    const { messageExpression: text = '' } = rule;
    const message = text === '' ? undefined : compile(own, text, 'string', declarations.fields);
    if (isProblem(program)) problems.push({ index, member: 'rule', ...program });
    if (message !== undefined && isProblem(message))
      problems.push({ index, member: 'messageExpression', ...message });
    return isProblem(program)
      ? []
      : [
          {
            rule,
            program,
            ...present({ message: message && !isProblem(message) ? message : undefined }),
          },
        ];
  });
  return { declared, rules, problems };
}

const bearing = new WeakMap<JsonSchema, boolean>();

/** Whether the schema or one below it has rules. */
export function hasRules(schema: JsonSchema): boolean {
  const known = bearing.get(schema);
  if (known !== undefined) return known;
  const found =
    (schema['x-kubernetes-validations'] ?? []).length > 0 ||
    [itemsOf(schema), valuesOf(schema), ...Object.values(schema.properties ?? {})].some(
      (inner) => inner !== undefined && hasRules(inner),
    );
  bearing.set(schema, found);
  return found;
}
