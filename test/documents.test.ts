// Generated pages: none is stale, every promise has a test, every miss a reason.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { featureRows, featuresPage, shownBy } from './features.ts';
import { limitsPage } from './limits.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
const features = read('docs/features.md');

it.each([
  ['docs/features.md', features, () => featuresPage(features)],
  ['docs/limits.md', read('docs/limits.md'), limitsPage],
] as const)('%s is what `npm run update` writes', (path, page, made) => {
  expect(page === made(), `${path} is stale: run npm run update and commit it`).toBe(true);
});

it('every behaviour that works or is refused is named by a test', () => {
  const named = shownBy();
  const promised = featureRows(features).filter(({ state }) => state !== 'not yet');
  expect(promised.length).toBeGreaterThan(100);
  expect(promised.filter(({ id }) => !named.has(id)).map(({ id }) => id)).toEqual([]);
});

it('every ID that a test names is a row of the page', () => {
  const rows = new Set(featureRows(features).map(({ id }) => id));
  expect(
    [...shownBy()]
      .filter(([id]) => !rows.has(id))
      .map(([id, files]) => `${id}: ${[...files.keys()].join(', ')}`),
  ).toEqual([]);
});

it('every dependency has a row that says why it is there and names the test that watches it', () => {
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  expect(named.sort()).toEqual(
    [...Object.keys(dependencies), ...Object.keys(devDependencies)].sort(),
  );
  const tests = rows.map((line) => /`(test\/[^`]+)`/.exec(line.split('|')[4] ?? '')?.[1]);
  expect(
    tests.filter(
      (path) =>
        path === undefined || !existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url))),
    ),
  ).toEqual([]);
});
