// The structured log on disk: private, bounded, and never a reason to stop.
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logFile } from '../../local/log-file.ts';

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'log-')), 'steps.jsonl');

it('appends to what is there, for its owner alone', async () => {
  const path = fresh();
  for (const line of ['one', 'two']) {
    const log = logFile(path);
    log.write(line);
    await log.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('starts over at 8 MiB and keeps the file before', async () => {
  const path = fresh();
  writeFileSync(path, 'x'.repeat(8 * 1024 * 1024 + 1));
  const log = logFile(path);
  log.write('next');
  await log.close();
  expect(readFileSync(path, 'utf8')).toBe('next\n');
  expect(statSync(`${path}.1`).size).toBe(8 * 1024 * 1024 + 1);
});

it('a place that cannot be written loses lines and nothing else', async () => {
  const log = logFile('/nowhere/at/all');
  log.write('one');
  await new Promise((resolve) => setTimeout(resolve, 50));
  log.write('two');
  await log.close();
});
