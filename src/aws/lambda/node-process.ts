// What the SDK imports of Node's `process`, from the global: importing that module evaluates every getter of it, standard input's among them.

/** The environment, as `node:process` exports it. */
export const { env, versions } = globalThis.process;
