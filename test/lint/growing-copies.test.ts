// The rule that nothing which grows is copied for each of its entries.
import { Linter } from 'eslint';
import { expect, it } from 'vitest';
import { growingCopies } from '../../lint/growing-copies.mjs';

const linter = new Linter();
const findings = (code: string): number =>
  linter.verify(code, {
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    plugins: { house: { rules: { growing: growingCopies as never } } },
    rules: { 'house/growing': 'error' },
  }).length;

it.each([
  ['a list that is copied in a loop', 'let a = []; for (const b of c) a = [...a, b];', 1],
  ['the same at its end', 'let a = []; for (const b of c) { if (b) { a = [b, ...a]; } }', 1],
  ['a list that is joined in a loop', 'let a = []; while (b()) a = a.concat(c);', 1],
  ['a map that is copied in a loop', 'let a = {}; for (const b of c) a = { ...a, [b]: 1 };', 1],
  ['one that takes others in', 'let a = {}; for (const b of c) a = { ...a, ...b };', 1],
  ['the same for each entry', 'let a = []; c.forEach((b) => { a = [...a, b]; });', 1],
  ['a reduce that copies', 'c.reduce((a, b) => [...a, b], []);', 1],
  ['a reduce that copies a map', 'c.reduce((a, b) => ({ ...a, [b]: 1 }), {});', 1],
  ['an object of fixed members', 'let a = {}; for (const b of c) a = { ...a, last: b };', 0],
  ['one that begins in the loop', 'for (const b of c) { let a = []; a = [...a, b]; }', 0],
  ['a copy outside of loops', 'let a = []; a = [...a, b];', 0],
  ['a list that is pushed to', 'const a = []; for (const b of c) a.push(b);', 0],
  ['another list', 'let a; for (const b of c) a = [...d, b];', 0],
])('%s', (_what, code, count) => expect(findings(code)).toBe(count));
