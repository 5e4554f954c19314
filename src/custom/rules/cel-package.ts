// The package that reads and runs CEL, loaded with the first rule.
import { createRequire } from 'node:module';
import type * as Cel from '@marcbachmann/cel-js';

const load = createRequire(import.meta.url);
let loaded: typeof Cel | undefined;

/** The package; where no custom kind has rules it is never loaded. */
export const celPackage = (): typeof Cel => (loaded ??= load('@marcbachmann/cel-js') as typeof Cel);
