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

interface Summary {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

/** A file that fails before its first test counts as one failed test, and so does each failing tool of the check. */
function summaryLine(summary: Summary, objecting: number): string {
  const broken = summary.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const skipped = summary.numPendingTests + summary.numTodoTests;
  const failed = summary.numFailedTests + broken + objecting;
  return `${summary.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Runs Node in the repository with its output shown; returns the exit code. */
async function node(words: string[]): Promise<number> {
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => child.once('exit', (status) => resolve(status ?? 1)));
}

/** The number of tools of the check that failed. */
async function check(say: Say): Promise<number> {
  const objecting = await node(['--import', 'tsx', join(ROOT, 'test/check.ts')]);
  if (objecting > 0) say(`npm run check failed: ${objecting} of its tools object, see above`);
  return objecting;
}

/** Runs `droppod test` and returns its exit code. `filters` go to vitest; without any, the sources are checked first. */
export async function test(filters: string[], out: Say, say: Say): Promise<number> {
  await setUp(placeOf(undefined), say);
  const objecting = filters.length === 0 ? await check(say) : 0;
  const report = mkdtempSync(join(tmpdir(), 'droppod-test-'));
  const file = join(report, 'report.json');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await node([vitest, 'run', ...reporters, ...filters]);
  let summary: Summary | undefined;
  try {
    summary = JSON.parse(readFileSync(file, 'utf8')) as Summary;
  } catch {
    // vitest has printed the reason itself.
    say('vitest ended without a report');
  }
  rmSync(report, { recursive: true, force: true });
  out(summary ? summaryLine(summary, objecting) : `0 passed, ${objecting + 1} failed`);
  return summary && objecting === 0 ? code : 1;
}
