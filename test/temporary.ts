// The temporary files of a test run, those of the programs that it starts included: one directory, removed at the end of the run.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let directory: string | undefined;

/** Vitest calls it before its workers start, which inherit the variable. */
export function setup(): void {
  // Short, since the paths of sockets below it may have 107 bytes.
  directory = mkdtempSync(join(tmpdir(), 'dp-'));
  // Open to every user, as the system's own: some tests start programs as another.
  chmodSync(directory, 0o1777);
  shareCompiled(directory);
  process.env['TMPDIR'] = directory;
}

/** Vitest calls it when the workers have ended. */
export function teardown(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** What tsx has compiled stays for the next run. */
function shareCompiled(under: string): void {
  const name = `tsx-${process.geteuid?.() ?? 'user'}`;
  const shared = join(tmpdir(), name);
  mkdirSync(shared, { recursive: true });
  symlinkSync(shared, join(under, name));
}
