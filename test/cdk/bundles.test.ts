// What Lambda loads at a cold start, as the deployment makes it: the function, and the ports that it builds before its first answer.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, it } from 'vitest';
import { bundle, LATE, loadedAtStart, readsKinds } from '../../cdk/constructs/bundle.ts';
import { ensureKinds } from '../../src/kinds/load.ts';
import { bundledFunction } from '../../cdk/constructs/bundled-function.ts';

const FUNCTIONS = readdirSync(join(import.meta.dirname, '../../functions')).map((file) =>
  basename(file, '.ts'),
);
const MB = 1_000_000;
/** The functions that write or serve objects of all kinds, with the schemas beside their code. */
const WRITERS = ['api', 'watch', 'reconcile', 'sweep'];

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));

const root = mkdtempSync(join(tmpdir(), 'droppod-bundles-'));
afterAll(() => rmSync(root, { recursive: true }));

it.each(FUNCTIONS)('what a start of %s loads stays below 1 MB', (name) => {
  const metafile = bundle(`functions/${name}.ts`, join(root, name));
  const parts = loadedAtStart(metafile);
  expect([...parts.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MB);
  expect(readsKinds(metafile)).toBe(WRITERS.includes(name));
});

it.each(FUNCTIONS)('all of %s, packed as it travels, stays below 1 MB', (name) => {
  const directory = join(root, `${name}-packed`);
  const metafile = bundle(`functions/${name}.ts`, directory);
  const sizes = filesIn(directory).map((text) => deflateRawSync(text).length);
  if (readsKinds(metafile)) sizes.push(deflateRawSync(JSON.stringify(ensureKinds())).length);
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MB);
  // esbuild's stand-in for a package that asks for a module of Node's by `require`, which an ES module does not have.
  expect(filesIn(directory).filter((text) => text.includes('Dynamic require of'))).toEqual([]);
});

// Node loads its fetch when `Response` or a sibling is first named: 15 ms that a start can leave to the first answer.
it.each(FUNCTIONS)('a start of %s loads no fetch', (name) => {
  const directory = join(root, `${name}-imported`);
  bundle(`functions/${name}.ts`, directory);
  const url = pathToFileURL(join(directory, 'index.mjs')).href;
  const script = `await import(${JSON.stringify(url)}); console.log(process.moduleLoadList.join('\\n'));`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { AWS_LAMBDA_FUNCTION_NAME: 'test', AWS_REGION: 'us-east-1' },
  });
  expect(loaded.split('\n')).not.toContain('NativeModule internal/deps/undici/undici');
});

it('packages that are loaded late travel with who loads them', () => {
  const src = join(import.meta.dirname, '../../src');
  const loads = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(join(src, file), 'utf8').matchAll(/\bload\('([^']+)'\)/g)].map(
        ([, name]) => [name, `src/${file}`],
      ),
    );
  expect(Object.fromEntries(loads)).toEqual(LATE);
});

it('every function is deployed with its own code', () => {
  const stack = new Stack(new App({ outdir: join(root, 'out') }), 'Two');
  for (const name of ['launch-pod', 'start-container'])
    bundledFunction(stack, name, {
      timeout: Duration.minutes(1),
      memorySize: 512,
      environment: {},
    });
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');
  const keys = Object.values(functions).map(
    ({ Properties }) => (Properties as { Code: { S3Key: string } }).Code.S3Key,
  );
  expect(new Set(keys).size).toBe(2);
});
