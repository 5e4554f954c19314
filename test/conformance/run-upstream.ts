// `npm run conformance`: Kubernetes' own specs against a droppod from these sources, then docs/conformance.md.
//   npm run conformance -- [--focus REGEXP] [--page FILE] [report.json …]      PROCS, LIMIT (minutes) and BIN come from the environment
// With report files it only writes the page from them; with a focus only if --page is given. The runner is not part of this repository.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultsIn } from '../e2e/droppod.ts';
import { runSpecs } from './spec-runner.ts';
import {
  conformancePage,
  outcomesOf,
  specsInScope,
  type Outcome,
  type Reasons,
  type Spec,
} from './upstream-page.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNNER = resolve(process.env['RUNNER'] ?? join(ROOT, '../shared/conformance'));
const BINARIES = process.env['BIN'] ?? join(process.env['TMPDIR'] ?? '/tmp', 'k8s/bin');
const LIMIT_MINUTES = Number.parseFloat(process.env['LIMIT'] ?? '50');
const AGAIN_LIMIT_MINUTES = 15;
const REASONS: Reasons = JSON.parse(
  readFileSync(new URL('upstream-misses.json', import.meta.url), 'utf8'),
);

const missed = (specs: Spec[], outcomes: Map<string, Outcome>): Spec[] =>
  specs.filter(({ name }) => !outcomes.get(name)?.passed);
const unexplained = ({ name }: Spec): boolean =>
  !Object.keys(REASONS).some((part) => name.includes(part));

/** Runs the specs against a droppod of its own, unexplained misses a second time; returns the written reports. */
async function runAgainstDroppod(specs: Spec[], signal: AbortSignal): Promise<string[]> {
  const data = mkdtempSync(join(tmpdir(), 'droppod-conformance-'));
  const home = join(data, 'droppod');
  const droppod = (...words: string[]): void =>
    void execFileSync(join(ROOT, 'droppod'), words, { stdio: 'inherit' });
  const run = (name: string, wanted: Spec[], limitMinutes: number): Promise<string | undefined> => {
    console.log(
      `${wanted.length} specs, at most ${limitMinutes} minutes; log: ${join(data, name, 'log.txt')}`,
    );
    return runSpecs({
      runner: RUNNER,
      kubeconfig: join(home, 'kubeconfig'),
      names: wanted.map((spec) => spec.name),
      report: join(data, name),
      limitMinutes,
      env: { BIN: BINARIES, PROCS: process.env['PROCS'] ?? '4' },
      signal,
    });
  };
  try {
    droppod('up', '--detach', '--data', home, '--port', '0', '--beyond-fargate', '--no-hello');
    const first = await run('first', specs, LIMIT_MINUTES);
    const again = missed(specs, outcomesOf(first === undefined ? [] : [first])).filter(unexplained);
    const second =
      again.length === 0 || signal.aborted
        ? undefined
        : await run('again', again, AGAIN_LIMIT_MINUTES);
    return [first, second].filter((report) => report !== undefined);
  } finally {
    droppod('down', '--data', home);
    const faults = faultsIn(join(home, 'log'));
    droppod('down', '--data', home, '--purge');
    if (faults.length > 0) {
      console.error(`the serving process logged what nobody owns:\n${faults.join('\n')}`);
      process.exitCode = 1;
    }
    rmSync(home, { recursive: true, force: true });
  }
}

/** Aborted by Ctrl-C or TERM: whatever was started is stopped first. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

function written(specs: Spec[], reports: string[], merged: number, page: string | undefined): void {
  const outcomes = outcomesOf(reports);
  const again =
    merged > 0 || reports.length < 2
      ? 0
      : missed(specs, outcomesOf(reports.slice(0, 1))).length - missed(specs, outcomes).length;
  const text = conformancePage(specs, outcomes, REASONS, {
    at: new Date().toISOString().slice(0, 10),
    merged,
    again,
  });
  if (page !== undefined) writeFileSync(page, text);
  console.log(text.slice(text.indexOf('| group')).trimEnd());
  console.log(
    page === undefined
      ? `(no page written; reports: ${reports.join(' ')})`
      : `written: ${page}; reports: ${reports.join(' ')}`,
  );
}

async function main(): Promise<void> {
  const { values, positionals: given } = parseArgs({
    options: { focus: { type: 'string' }, page: { type: 'string' } },
    allowPositionals: true,
  });
  const needed = [
    join(RUNNER, 'specs.txt'),
    ...(given.length > 0
      ? []
      : [join(RUNNER, 'run.sh'), join(BINARIES, 'e2e.test'), join(BINARIES, 'ginkgo')]),
  ];
  const missing = needed.filter((path) => !existsSync(path));
  if (missing.length > 0)
    return console.log(
      `skipped: the runner of Kubernetes' specs is not here (${missing.join(', ')})`,
    );
  const all = specsInScope(readFileSync(join(RUNNER, 'specs.txt'), 'utf8'));
  const specs =
    values.focus === undefined
      ? all
      : all.filter(({ name }) => new RegExp(values.focus ?? '').test(name));
  if (specs.length === 0) throw new Error(`no spec in scope matches ${values.focus ?? ''}`);
  const signal = interruption();
  const reports = given.length > 0 ? given : await runAgainstDroppod(specs, signal);
  if (signal.aborted)
    throw new Error(`interrupted; what had ended is in ${reports.join(' ') || 'no report'}`);
  if (reports.length === 0) throw new Error('the specs left no report; their log is named above');
  written(
    specs,
    reports,
    given.length,
    values.page ?? (values.focus === undefined ? join(ROOT, 'docs/conformance.md') : undefined),
  );
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
