// `npm run conformance`: Kubernetes' own specs against a droppod of this tree, then docs/conformance.md.
// With names of report files it only writes the page from them. The runner is no part of this repository.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformancePage, outcomesOf, specsInScope } from './upstream-page.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNNER = join(ROOT, '../shared/conformance');
const BINARIES = process.env['BIN'] ?? join(process.env['TMPDIR'] ?? '/tmp', 'k8s/bin');
const RUNS = [{ SCOPE: 'yes|local', KIND: 'Conformance' }, { SCOPE: 'yes', KIND: '-' }];

/** Runs both lists against a droppod in a directory of its own; answers the reports that were written. */
function runSpecs(): string[] {
  const data = mkdtempSync(join(tmpdir(), 'droppod-conformance-'));
  const droppod = (...words: string[]): void => void execFileSync(join(ROOT, 'droppod'), words, { stdio: 'inherit' });
  droppod('up', '--detach', '--data', join(data, 'droppod'), '--port', '0', '--beyond-fargate', '--no-hello');
  try {
    const reports = RUNS.map((run, index) => {
      const report = join(data, `report-${index}`);
      const env = { PROCS: '4', LIMIT: '50m', ...process.env, ...run, BIN: BINARIES, REPORT: report, KUBECONFIG: join(data, 'droppod/kubeconfig') };
      spawnSync(join(RUNNER, 'run.sh'), [], { env, stdio: 'inherit' });
      return join(report, 'report.json');
    });
    return reports.filter((report) => existsSync(report));
  } finally {
    droppod('down', '--data', join(data, 'droppod'), '--purge');
    rmSync(join(data, 'droppod'), { recursive: true, force: true });
  }
}

function main(given: string[]): void {
  const missing = [RUNNER, ...(given.length > 0 ? [] : [join(BINARIES, 'e2e.test'), join(BINARIES, 'ginkgo')])].filter((path) => !existsSync(path));
  if (missing.length > 0) return console.log(`skipped: the runner of Kubernetes' specs is not here (${missing.join(', ')})`);
  const reports = given.length > 0 ? given : runSpecs();
  const reasons = JSON.parse(readFileSync(new URL('upstream-misses.json', import.meta.url), 'utf8'));
  const page = conformancePage(specsInScope(readFileSync(join(RUNNER, 'specs.txt'), 'utf8')), outcomesOf(reports), reasons, { at: new Date().toISOString().slice(0, 10), merged: given.length });
  writeFileSync(join(ROOT, 'docs/conformance.md'), page);
  console.log(page.split('\n').filter((line) => line.startsWith('|') && /\d+ of \d+/.test(line)).join('\n'));
}

main(process.argv.slice(2));
