// The agent for this machine's engine, compiled ahead by the Bun that runs it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture, OUTPUT } from '../../../podlet/image/build.ts';
import { downloadsInto } from '../../../podlet/image/download.ts';
import { bun, compiledAgent } from '../../../podlet/image/parts.ts';

const AGENT = Buffer.from('console.log(1 + 1);');

let directory: string;
let content: Buffer;
let logged: string[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-parts-'));
  ({ content = Buffer.alloc(0) } = await bun(downloadsInto(OUTPUT), hostArchitecture()));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The files' names, and all of their text. */
async function compiled(program: Buffer): Promise<{ names: string[]; text: string }> {
  logged = [];
  const path = join(mkdtempSync(join(directory, 'x-')), 'program');
  writeFileSync(path, program, { mode: 0o755 });
  const files = await compiledAgent(AGENT, path, (line) => logged.push(line));
  return {
    names: files.map(({ name }) => name),
    text: files.map((file) => file.content?.toString('latin1')).join(),
  };
}

it('has its bytecode beside it, whatever settings of Bun the user has', async () => {
  const plain = await compiled(content);
  expect(plain.names).toEqual(['podlet/podlet.js', 'podlet/podlet.js.jsc']);
  expect(plain.text).toMatch(/^\/\/ @bun @bytecode/);
  process.env['BUN_OPTIONS'] = '--minify';
  try {
    expect(await compiled(content)).toEqual(plain);
  } finally {
    delete process.env['BUN_OPTIONS'];
  }
  expect(logged).toEqual([]);
});

it('is one file where Bun does not run, which is said', async () => {
  const { names, text } = await compiled(Buffer.from('#!/none\n'));
  expect(names).toEqual(['podlet/podlet.js']);
  expect(text).toMatch(/^\/\/ @bun @bun-cjs\n\(function\(exports.*console\.log\(1 \+ 1\);\}\)\n$/s);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toMatch(/^the podlet's agent is not compiled ahead, Bun does not run here: /);
});
