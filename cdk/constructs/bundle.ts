// How esbuild bundles a function, as ES modules: what every start needs, and parts that are loaded at their first use.
// Used by the deployment, the tests of the bundles and the bench.
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Lambda passes its credentials only in the environment: the SDK's other sources (profiles, SSO, instances) are left out. */
const ALIAS = {
  '@aws-sdk/credential-provider-node': join(ROOT, 'src/aws/lambda/lambda-credentials.ts'),
  'node:process': join(ROOT, 'src/aws/lambda/node-process.ts'),
};
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  logLevel: 'error',
} satisfies BuildOptions;

/** Lazily loaded packages, by the importing file: each becomes a file of its own where Node looks for packages. */
export const LATE: Readonly<Record<string, string>> = {
  re2js: 'src/custom/patterns.ts',
  '@marcbachmann/cel-js': 'src/custom/rules/cel-package.ts',
  'js-yaml': 'src/js-yaml.ts',
  yaml: 'src/api/wire/yaml-package.ts',
  croner: 'src/workloads/cron-job/next-time.ts',
};

/** Bundles `entry`, a path from the repository's root, into `index.mjs` and its parts in `directory`. */
export function bundle(entry: string, directory: string): Metafile {
  const { metafile } = buildSync({
    ...COMMON,
    entryPoints: { index: entry },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    splitting: true,
    metafile: true,
    format: 'esm',
    alias: ALIAS,
    // Only browsers need it.
    external: ['bowser'],
  });
  const late = Object.entries(LATE).filter(([, file]) => Object.hasOwn(metafile.inputs, file));
  buildSync({
    ...COMMON,
    entryPoints: Object.fromEntries(late.map(([name]) => [`${name}/index`, name])),
    outdir: join(directory, 'node_modules'),
    format: 'cjs',
  });
  return metafile;
}

/** Whether the function reads the schemas that are generated at build time. */
export const readsKinds = ({ inputs }: Metafile): boolean =>
  Object.hasOwn(inputs, 'src/kinds/load.ts');

/** What an environment loads before its first response, by file: the function's static imports and the ports, without lazy parts. */
export function loadedAtStart(metafile: Metafile): Map<string, number> {
  const outputs = new Map(Object.entries(metafile.outputs));
  const found = new Map<string, number>();
  const open = [...outputs.keys()].filter((path) => /\/(index|create-ports-\w+)\.mjs$/.test(path));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const output = outputs.get(path);
    if (output === undefined || found.has(path)) continue;
    found.set(path, output.bytes);
    for (const { path: next, kind } of output.imports)
      if (kind === 'import-statement') open.push(next);
  }
  return found;
}
