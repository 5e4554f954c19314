// The package that writes YAML and finds the places of its keys, loaded when a caller asks for YAML or sends a wrong one.
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

const load = createRequire(import.meta.url);
let loaded: typeof Yaml | undefined;

/** The package; JSON's callers never load it. */
export const yamlPackage = (): typeof Yaml => (loaded ??= load('yaml') as typeof Yaml);
