// `droppod test`: sets up as `up` does, checks the sources, runs every test, and ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Say } from './install.ts';
import { placeOf } from './place.ts';
import { setUp } from './set-up.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What vitest's report says of a run. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Whether the program itself was content: vitest is not after an error outside of any test. */
  ended: boolean;
}

/** A file that fails before its first test counts as one failed test. */
function countOf(report: Report, ended: boolean): Count {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
    ended,
  };
}

/** Runs Node in the repository with its output shown; returns the exit code. `aside`: only with the time that others leave. */
async function node(words: string[], aside: boolean): Promise<number> {
  const standBack = ['-n', '10', process.execPath];
  const child = spawn(aside ? 'nice' : process.execPath, [...(aside ? standBack : []), ...words], {
    cwd: ROOT,
    // No terminal: two runs that redraw their lines would overwrite one another.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}

async function vitest(words: string[], say: Say, aside = false): Promise<Count> {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-test-'));
  const file = join(directory, 'report.json');
  const program = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const code = await node([program, 'run', ...reporters, ...words], aside);
    return countOf(JSON.parse(readFileSync(file, 'utf8')) as Report, code === 0);
  } catch (error) {
    // vitest has printed the reason itself, if it ran.
    say(`vitest ended without a report: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: 0, ended: false };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each tool of the check that fails counts as one failed test. */
async function check(say: Say): Promise<Count> {
  const objecting = await node(['--import', 'tsx', join(ROOT, 'test/check.ts')], true);
  if (objecting > 0) say(`npm run check failed: ${objecting} of its tools object, see above`);
  return { passed: 0, failed: objecting, skipped: 0, ended: objecting === 0 };
}

/**
 * Tests with containers mostly wait, and what they wait for has times to keep: they run in turn as if they were alone, and whatever
 * only computes runs beside them.
 */
async function everything(say: Say): Promise<Count[]> {
  const computing = async (): Promise<Count[]> => [
    await check(say),
    await vitest(['--config', 'vitest.unit.config.ts'], say, true),
    await vitest(['--config', 'vitest.long.config.ts'], say, true),
  ];
  const [containers, others] = await Promise.all([
    vitest(['--config', 'vitest.e2e.config.ts'], say),
    computing(),
  ]);
  return [containers, ...others];
}

/** Runs `droppod test` and returns its exit code. `filters` go to vitest; without any, the sources are checked as well. */
export async function test(filters: string[], out: Say, say: Say): Promise<number> {
  await setUp(placeOf(undefined), say);
  const counts = filters.length > 0 ? [await vitest(filters, say)] : await everything(say);
  const sum = (of: 'passed' | 'failed' | 'skipped'): number =>
    counts.reduce((total, count) => total + count[of], 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  out(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
  return counts.every(({ ended }) => ended) ? 0 : 1;
}
