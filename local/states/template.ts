// Values with `{% … %}` in them: each expression is compiled once, constants are returned as they are.
import jsonata from 'jsonata';
import { setOwn } from '../../src/own.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { Template } from './machine.ts';
import { stateFunctions } from './functions.ts';
import type { StatesPorts } from './ports.ts';

/** Why an expression produced no JSON; the caller adds the state's name. `field` is e.g. `Arguments/FunctionName`. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  constructor(
    readonly field: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** The names that an expression may use: `$states` and the variables in scope. */
export type Bindings = { [name: string]: unknown };

type Compiled =
  | { kind: 'constant'; value: Json }
  | { kind: 'expression'; text: string; program: jsonata.Expression }
  | { kind: 'array'; elements: Compiled[] }
  | { kind: 'object'; members: [string, Compiled][] };

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** The JSONata text of a template string; undefined: a plain string. */
export function expressionOf(text: string): string | undefined {
  return EXPRESSION.exec(text)?.[1]?.trim();
}

/** Evaluates templates; caches compiled ones by template object and by expression text. */
export class Evaluator {
  readonly #functions: ReturnType<typeof stateFunctions>;
  readonly #programs = new Map<string, jsonata.Expression>();
  readonly #templates = new WeakMap<object, Compiled>();

  constructor(ports: Pick<StatesPorts, 'clock' | 'random' | 'uuid'>) {
    this.#functions = stateFunctions(ports);
  }

  /** The template's value; throws EvaluationError with the field's path below `field`. */
  async evaluate(template: Template, field: string, bindings: Bindings): Promise<Json> {
    return this.#run(this.#compile(template), field, bindings);
  }

  async #run(compiled: Compiled, field: string, bindings: Bindings): Promise<Json> {
    switch (compiled.kind) {
      case 'constant':
        return compiled.value;
      case 'expression':
        return this.#express(compiled, field, bindings);
      case 'array': {
        const values: Json[] = [];
        for (const [index, element] of compiled.elements.entries())
          values.push(await this.#run(element, `${field}[${index}]`, bindings));
        return values;
      }
      case 'object': {
        const values: JsonObject = {};
        for (const [name, member] of compiled.members)
          setOwn(values, name, await this.#run(member, `${field}/${name}`, bindings));
        return values;
      }
    }
  }

  async #express(
    { text, program }: { text: string; program: jsonata.Expression },
    field: string,
    bindings: Bindings,
  ): Promise<Json> {
    const said = `The JSONata expression '${text}' specified for the field '${field}'`;
    let value: unknown;
    try {
      value = await program.evaluate(undefined, bindings);
    } catch (error) {
      throw new EvaluationError(
        field,
        `${said} threw an error during evaluation. ${describe(error)}`,
      );
    }
    if (value === undefined)
      throw new EvaluationError(field, `${said} returned nothing (undefined).`);
    const json = toJson(value);
    if (json === undefined)
      throw new EvaluationError(field, `${said} returned an unsupported result type.`);
    return json;
  }

  #compile(template: Template): Compiled {
    if (typeof template === 'string') {
      const text = expressionOf(template);
      return text === undefined
        ? { kind: 'constant', value: template }
        : { kind: 'expression', text, program: this.#program(text) };
    }
    if (typeof template !== 'object' || template === null)
      return { kind: 'constant', value: template };
    const known = this.#templates.get(template);
    if (known !== undefined) return known;
    const compiled = this.#compose(template);
    this.#templates.set(template, compiled);
    return compiled;
  }

  #compose(template: Json[] | JsonObject): Compiled {
    if (Array.isArray(template)) {
      const elements = template.map((element) => this.#compile(element));
      return elements.every(isConstant)
        ? { kind: 'constant', value: template }
        : { kind: 'array', elements };
    }
    const members = Object.entries(template).map(([name, member]): [string, Compiled] => [
      name,
      this.#compile(member ?? null),
    ]);
    return members.every(([, member]) => isConstant(member))
      ? { kind: 'constant', value: template }
      : { kind: 'object', members };
  }

  #program(text: string): jsonata.Expression {
    const known = this.#programs.get(text);
    if (known !== undefined) return known;
    const program = jsonata(text);
    for (const [name, implementation] of Object.entries(this.#functions)) {
      if (implementation === undefined) program.assign(name, undefined);
      else program.registerFunction(name, implementation);
    }
    this.#programs.set(text, program);
    return program;
  }
}

const isConstant = ({ kind }: Compiled): boolean => kind === 'constant';

/** JSONata's own errors are objects with code and message; our functions throw plain Errors. */
function describe(error: unknown): string {
  if (!isObject(error) && !(error instanceof Error)) return String(error);
  const code = 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${'message' in error ? String(error.message) : ''}`;
}

/** JSONata marks its sequences with extra members and may return functions: copies to plain JSON; undefined: not JSON. */
function toJson(value: unknown): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const elements = value.map(toJson);
    return elements.includes(undefined)
      ? undefined
      : elements.filter((element) => element !== undefined);
  }
  if (!isObject(value) || '_jsonata_lambda' in value || '_jsonata_function' in value)
    return undefined;
  const copy: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const json = toJson(member);
    if (json === undefined) return undefined;
    setOwn(copy, name, json);
  }
  return copy;
}
