// Writes the last column of docs/features.md: for each row's ID the tests that name it ("C3: …", "D2, D3: …"), by kind:
// rules (pure), clock (virtual time), containers (real ones). `npm run update` runs it; test/documents.test.ts fails if it is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'docs/features.md');
const ID = /[A-R]\d{1,2}/;

function testFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory()
      ? testFiles(path)
      : /\.(test\.ts|yaml)$/.test(entry.name)
        ? [path]
        : [];
  });
}

const KINDS = ['rules', 'clock', 'containers'] as const;
type Kind = (typeof KINDS)[number];

function kindOf(path: string, text: string): Kind {
  if (/^test\/(e2e|contract|clients)\/|\.container\.test\.ts$/.test(path)) return 'containers';
  return path.endsWith('.yaml') ||
    /from '.*(pod-world|virtual-clock|bench-agent|fakes\/ports)\.ts'/.test(text)
    ? 'clock'
    : 'rules';
}

/** ID -> files whose test titles begin with it, and what kind of test each is. */
export function shownBy(): Map<string, Map<string, Kind>> {
  const found = new Map<string, Map<string, Kind>>();
  for (const file of testFiles(join(ROOT, 'test')).sort()) {
    const text = readFileSync(file, 'utf8');
    const path = relative(ROOT, file);
    for (const [, ids] of text.matchAll(
      /['"`](?:name: )?((?:[A-R]\d{1,2}(?:–\w+)?, ?)*[A-R]\d{1,2}(?:–[A-R]?\d{1,2})?): /g,
    )) {
      for (const id of expand(ids ?? ''))
        found.set(id, (found.get(id) ?? new Map<string, Kind>()).set(path, kindOf(path, text)));
    }
  }
  return found;
}

/** IDs and states of the page's rows. */
export function featureRows(page: string): { id: string; state: string }[] {
  return page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && new RegExp(`^${ID.source}$`).test(cells[1] ?? ''))
    .map((cells) => ({ id: cells[1] ?? '', state: cells[3] ?? '' }));
}

function expand(ids: string): string[] {
  return ids.split(/, ?/).flatMap((part) => {
    const [from = '', to] = part.split('–');
    if (to === undefined) return [from];
    const letter = from[0] ?? '';
    const [first, last] = [Number(from.slice(1)), Number(to.replace(/^[A-R]/, ''))];
    return Array.from(
      { length: Math.max(0, last - first + 1) },
      (_, index) => `${letter}${first + index}`,
    );
  });
}

/** The page with a new test column; the other columns are kept. */
export function featuresPage(page: string): string {
  const tests = shownBy();
  return page
    .split('\n')
    .map((line) => {
      const cells = line.split('|');
      const id = cells[1]?.trim() ?? '';
      if (cells.length !== 6 || !new RegExp(`^${ID.source}$`).test(id)) return line;
      const files = [...(tests.get(id) ?? [])];
      const links = (kind: Kind): string =>
        files
          .filter(([, of]) => of === kind)
          .map(
            ([file]) => `[${file.replace(/^test\//, '').replace(/\.test\.ts$/, '')}](../${file})`,
          )
          .join(', ');
      return `|${cells[1]}|${cells[2]}|${cells[3]}| ${KINDS.flatMap((kind) => (links(kind) === '' ? [] : [`${kind}: ${links(kind)}`])).join('; ')} |`;
    })
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(PAGE, featuresPage(readFileSync(PAGE, 'utf8')));
