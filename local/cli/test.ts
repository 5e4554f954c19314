// `droppod test`: sets up as `up` does, runs every test, and ends with the line `N passed, N failed`.
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

/** A file that fails before its first test counts as one failed test. */
function summaryLine(summary: Summary): string {
  const broken = summary.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const skipped = summary.numPendingTests + summary.numTodoTests;
  return `${summary.numPassedTests} passed, ${summary.numFailedTests + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The whole of `droppod test`; answers the exit code. `filters` go to vitest. */
export async function test(filters: string[], out: Say, say: Say): Promise<number> {
  await setUp(placeOf(undefined), say);
  const report = mkdtempSync(join(tmpdir(), 'droppod-test-'));
  const file = join(report, 'report.json');
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...filters,
    ],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const code = await new Promise<number>((resolve) =>
    child.once('exit', (status) => resolve(status ?? 1)),
  );
  let summary: Summary | undefined;
  try {
    summary = JSON.parse(readFileSync(file, 'utf8')) as Summary;
  } catch {
    say('vitest ended without a report');
  }
  rmSync(report, { recursive: true, force: true });
  out(summary ? summaryLine(summary) : '0 passed, 1 failed');
  return summary ? code : 1;
}
