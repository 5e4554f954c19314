// How esbuild makes the files of a function, ES modules: what every start needs, and parts that are loaded when they are first asked for.
// The deployment, the tests of the bundles and the bench make them here.
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Packages in CommonJS ask for Node's own modules. */
const BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
/** Lambda gives its credentials in the environment alone: the SDK's other ways (profiles, SSO, instances) need not travel. */
const ALIAS = {
  '@aws-sdk/credential-provider-node': join(ROOT, 'src/aws/lambda-credentials.ts'),
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

/** Packages that are loaded late, by who asks for them: each is a file of its own where Node looks for packages. */
export const LATE: Readonly<Record<string, string>> = {
  re2js: 'src/custom/patterns.ts',
  '@marcbachmann/cel-js': 'src/custom/rules/cel-package.ts',
  yaml: 'src/api/wire/yaml-package.ts',
  croner: 'src/workloads/cron-job/next-time.ts',
};

/** Makes `index.mjs` and its parts in `directory` out of `entry`, which is named from the repository's root. */
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
    // Only browsers have it.
    external: ['bowser'],
    banner: { js: BANNER },
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

/** Whether the function reads the schemas that are generated at build. */
export const readsKinds = ({ inputs }: Metafile): boolean =>
  Object.hasOwn(inputs, 'src/kinds/load.ts');

/** What an environment loads before its first answer, by file: the function with all that it names, and the ports, without late parts. */
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
