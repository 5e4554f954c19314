// What Lambda loads at a cold start: one file per function, bundled as in the deployment.
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { BUNDLE } from '../../cdk/constructs/bundle.ts';
import { HOLDERS_OF_KINDS } from '../../cdk/constructs/functions.ts';

const FUNCTIONS = join(import.meta.dirname, '../../functions');
const MIB = 1024 * 1024;
/** Still over 1 MiB, and may only shrink. The engines of custom kinds (RE2, CEL) take 230 KiB of each. */
const LARGER: Record<string, number> = {
  api: 1.95 * MIB,
  // The API's own verbs, with the rules of every kind, custom ones included.
  reconcile: 1.8 * MIB,
  sweep: 1.8 * MIB,
};

/** What stands in src/kinds/generate.ts alone, which makes the schemas where there are none: a deployed function cannot. */
const GENERATOR = 'attributeTypeMap';

it.each(readdirSync(FUNCTIONS).map((file) => basename(file, '.ts')))(
  'the bundle of %s stays small, and has the schemas beside it if it reads them',
  async (name) => {
    const { banner, ...options } = BUNDLE;
    const { outputFiles } = await build({
      ...options,
      entryPoints: [join(FUNCTIONS, `${name}.ts`)],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      banner: { js: banner },
      logLevel: 'error',
    });
    expect(outputFiles[0]!.contents.length).toBeLessThanOrEqual(LARGER[name] ?? MIB);
    expect(outputFiles[0]!.text.includes(GENERATOR)).toBe(HOLDERS_OF_KINDS.includes(name));
  },
);
