// The part of a function's cold start that is code: importing its bundle in a fresh process, and building its ports before the first answer.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from '../../cdk/constructs/bundle.ts';
import { summary, type Measure } from './summary.ts';

const run = promisify(execFile);
const FUNCTIONS = join(import.meta.dirname, '../../functions');

/** Each function in turn, `runs` times. */
export async function benchCold(runs: number): Promise<Measure[]> {
  const root = mkdtempSync(join(tmpdir(), 'droppod-cold-'));
  const names = readdirSync(FUNCTIONS).map((file) => basename(file, '.ts'));
  const samples = new Map(names.map((name) => [name, [] as Sample[]]));
  try {
    for (const name of names) bundle(`functions/${name}.ts`, join(root, name));
    for (let turn = 0; turn < runs; turn++)
      for (const [name, taken] of samples)
        taken.push(await imported(join(root, name, 'index.mjs')));
  } finally {
    rmSync(root, { recursive: true });
  }
  return [...samples].flatMap(([name, taken]): Measure[] => [
    {
      name: `cold start, import of ${name}`,
      unit: 'ms',
      ...summary(taken.map(({ ms }) => ms)),
      goal: 60,
    },
    { name: '  CPU', unit: 'ms', ...summary(taken.map(({ cpuMs }) => cpuMs)) },
  ]);
}

/** Elapsed time, and the processor's, which means something on a busy machine too. */
interface Sample {
  ms: number;
  cpuMs: number;
}

async function imported(file: string): Promise<Sample> {
  const script = `const began = performance.now(), used = process.cpuUsage();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const ms = performance.now() - began, { user, system } = process.cpuUsage(used);
    console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: { AWS_LAMBDA_FUNCTION_NAME: 'bench', AWS_REGION: 'us-east-1' },
  });
  return JSON.parse(stdout) as Sample;
}
