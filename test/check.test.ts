// The compilers and the linter over everything, as `npm run check` runs them, and Go's own look at supervise.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findGo } from '../podlet/build.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the tool printed; '' when it found nothing. */
async function findings(tool: string, words: string[]): Promise<string> {
  try {
    await run(process.execPath, [`node_modules/${tool}`, ...words], {
      cwd: ROOT,
      maxBuffer: 1 << 24,
    });
    return '';
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

const SUPERVISE = fileURLToPath(new URL('../podlet/supervise', import.meta.url));

/** What Go printed; '' when all is well. */
async function goFindings(...words: string[]): Promise<string> {
  try {
    await run(await findGo(), words, { cwd: SUPERVISE, env: { ...process.env, CGO_ENABLED: '0' } });
    return '';
  } catch (error) {
    return error instanceof Error && 'stdout' in error && 'stderr' in error
      ? `${String(error.stdout)}${String(error.stderr)}`
      : String(error);
  }
}

describe('the whole tree', () => {
  it(
    'compiles',
    async () =>
      expect(await findings('typescript/bin/tsc', ['--noEmit', '--pretty', 'false'])).toBe(''),
    240_000,
  );
  it(
    'has nothing that the linter objects to',
    async () => expect(await findings('eslint/bin/eslint.js', ['.', '--no-color'])).toBe(''),
    240_000,
  );
  it(
    'is laid out as the formatter does it',
    async () => expect(await findings('prettier/bin/prettier.cjs', ['--check', '.'])).toBe(''),
    240_000,
  );
  it(
    'podlet/supervise has nothing that Go objects to',
    async () => expect(await goFindings('vet', './...')).toBe(''),
    240_000,
  );
});
