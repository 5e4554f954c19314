// The compiler and the linter over everything, as `npm run check` runs them.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the tool printed; '' when it found nothing. */
async function findings(tool: string, words: string[]): Promise<string> {
  try {
    await run(process.execPath, [`node_modules/${tool}`, ...words], { cwd: ROOT, maxBuffer: 1 << 24 });
    return '';
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

describe('the whole tree', () => {
  it('compiles', async () => expect(await findings('typescript/bin/tsc', ['--noEmit', '--pretty', 'false'])).toBe(''), 240_000);
  it('has nothing that the linter objects to', async () => expect(await findings('eslint/bin/eslint.js', ['.', '--no-color'])).toBe(''), 240_000);
});
