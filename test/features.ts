// Writes the last two columns of docs/features.md: for each row's ID the tests that name it ("C3: …", "D2, D3: …").
// `npm run update` runs it; the house test says when the page is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'docs/features.md');
const ID = /[A-R]\d{1,2}/;

function testFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? testFiles(path) : /\.(test\.ts|yaml)$/.test(entry.name) ? [path] : [];
  });
}

/** ID -> files whose test titles begin with it. */
export function shownBy(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of testFiles(join(ROOT, 'test')).sort()) {
    for (const [, ids] of readFileSync(file, 'utf8').matchAll(/['"`](?:name: )?((?:[A-R]\d{1,2}(?:–\w+)?, ?)*[A-R]\d{1,2}(?:–[A-R]?\d{1,2})?): /g)) {
      for (const id of expand(ids ?? '')) {
        const files = found.get(id) ?? [];
        const path = relative(ROOT, file);
        if (!files.includes(path)) found.set(id, [...files, path]);
      }
    }
  }
  return found;
}

function expand(ids: string): string[] {
  return ids.split(/, ?/).flatMap((part) => {
    const [from = '', to] = part.split('–');
    if (to === undefined) return [from];
    const letter = from[0] ?? '';
    const [first, last] = [Number(from.slice(1)), Number(to.replace(/^[A-R]/, ''))];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${letter}${first + index}`);
  });
}

/** The page with its test column made anew; the other columns are kept. */
export function featuresPage(page: string): string {
  const tests = shownBy();
  return page.split('\n').map((line) => {
    const cells = line.split('|');
    const id = cells[1]?.trim() ?? '';
    if (cells.length !== 6 || !new RegExp(`^${ID.source}$`).test(id)) return line;
    const files = (tests.get(id) ?? []).map((file) => `[${file.replace(/^test\//, '')}](../${file})`).join(' ');
    return `|${cells[1]}|${cells[2]}|${cells[3]}| ${files} |`;
  }).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, featuresPage(readFileSync(PAGE, 'utf8')));
