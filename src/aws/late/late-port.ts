// Ports whose clients are loaded when they are first asked: a function that starts cold reads and makes no client that its first
// answer does not need.
import { own } from '../../own.ts';

type Call = (...args: never[]) => Promise<unknown>;

/** A port of these methods, each of which loads the port first. A load that failed is tried again. */
export function latePort<Port extends { [Method in keyof Port]: Call }>(
  load: () => Promise<Port>,
  methods: readonly (keyof Port & string)[],
): Port {
  const loaded = once<Readonly<Record<string, Call>>>(load);
  const late = (name: string): Call => {
    return async (...args) => {
      const method = own(await loaded(), name);
      if (method === undefined) throw new Error(`the port has no ${name}`);
      return method(...args);
    };
  };
  return Object.fromEntries(methods.map((name) => [name, late(name)])) as Port;
}

/** The same answer for all callers; a failure is forgotten. */
export function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () =>
    (value ??= load().catch((error: unknown) => {
      value = undefined;
      throw error;
    }));
}
