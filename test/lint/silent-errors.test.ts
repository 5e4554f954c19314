// The rule that no error is thrown away in silence.
import { Linter } from 'eslint';
import { expect, it } from 'vitest';
import { silentErrors } from '../../lint/silent-errors.mjs';

const linter = new Linter();
const findings = (code: string): number =>
  linter.verify(code, {
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    plugins: { errors: { rules: { silent: silentErrors as never } } },
    rules: { 'errors/silent': 'error' },
  }).length;

it.each([
  ['a rejection that becomes nothing', 'work().catch(() => undefined);', 1],
  ['the same as the second handler of then', 'work().then(use, () => false);', 1],
  ['a catch around a call outside', 'try { await work(); } catch { next(); }', 1],
  ['an error that has a name and is not used', 'work().catch((error) => {});', 1],
  ['one that is used', 'work().catch((error) => log(error));', 0],
  ['one with a reason inside', 'work().catch(() => {\n// The next one takes it.\n});', 0],
  ['one with a reason above', '// The next one takes it.\nwork().catch(() => undefined);', 0],
  ['a text that does not parse', 'try { use(JSON.parse(text)); } catch { use(null); }', 0],
  ['a file that cannot be read', 'try { use(readFileSync(path)); } catch { use(null); }', 1],
  ['a failure that closes what it happened on', 'send().catch(() => socket.destroy());', 0],
])('%s', (_what, code, count) => expect(findings(code)).toBe(count));
