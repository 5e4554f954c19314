// One run of Kubernetes' own specs by name: shows progress, ends in any case, and returns the reports.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SpecRun {
  /** Folder with run.sh. */
  runner: string;
  kubeconfig: string;
  /** Full names of the specs. */
  names: readonly string[];
  /** Folder for report.json and log.txt; created if missing. */
  report: string;
  limitMinutes: number;
  /** More variables for run.sh: BIN, PROCS. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

const PROGRESS_MS = 30_000;
/** At its own limit ginkgo ends without a report, but an interrupt lets it write one. So its limit is later than ours. */
const GINKGO_LIMIT = '12h';
const KILL_MS = 3 * 60_000;

const escaped = (name: string): string => name.replaceAll(/[\][\\.*^$()+?{}|]/g, '\\$&');

/** Ends when the specs have ended, the limit is reached or the signal aborts; returns the report's file if one was written. */
export async function runSpecs(run: SpecRun): Promise<string | undefined> {
  mkdirSync(run.report, { recursive: true });
  const env = {
    ...process.env,
    ...run.env,
    KUBECONFIG: run.kubeconfig,
    REPORT: run.report,
    LIMIT: GINKGO_LIMIT,
  };
  const focus = `^Kubernetes e2e suite (${run.names.map(escaped).join('|')})$`;
  const child = spawn(join(run.runner, 'run.sh'), [focus], {
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const began = Date.now();
  const progress = setInterval(
    () => console.log(progressLine(run, (Date.now() - began) / 60_000)),
    PROGRESS_MS,
  );
  const late = setTimeout(() => interrupt(child), run.limitMinutes * 60_000);
  const stop = (): void => interrupt(child);
  run.signal.addEventListener('abort', stop);
  if (run.signal.aborted) stop();
  await new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  );
  clearInterval(progress);
  clearTimeout(late);
  run.signal.removeEventListener('abort', stop);
  console.log(progressLine(run, (Date.now() - began) / 60_000));
  const file = join(run.report, 'report.json');
  return existsSync(file) ? file : undefined;
}

/** Ginkgo and its processes: an interrupt lets them write their report, KILL ends those that ignore it. */
function interrupt({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  signalGroup(pid, 'SIGINT');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_MS).unref();
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // All of them have ended by themselves.
  }
}

/** Counts by the marks that ginkgo writes as specs end. */
function progressLine({ report, names }: SpecRun, minutes: number): string {
  const file = join(report, 'log.txt');
  const log = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const ended = log.match(/•/g)?.length ?? 0;
  const failed = log.match(/^• \[(FAILED|TIMEDOUT|PANICKED)\]/gm)?.length ?? 0;
  return `${minutes.toFixed(1)} min: ${ended} of ${names.length} ended, ${failed} failed`;
}
