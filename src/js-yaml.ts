// The package that reads YAML, loaded with the first text: most starts of a function meet none.
import { createRequire } from 'node:module';
import type * as JsYaml from 'js-yaml';

const load = createRequire(import.meta.url);
let loaded: typeof JsYaml | undefined;

/** The package; JSON's callers never load it. */
export const jsYaml = (): typeof JsYaml => (loaded ??= load('js-yaml') as typeof JsYaml);
