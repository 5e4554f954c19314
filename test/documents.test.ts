// Pages that are made from the code and its tests: none is stale, every promise has a test, every miss a reason.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { featureRows, featuresPage, shownBy } from './features.ts';
import { limitsPage } from './limits.ts';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
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
  expect([...shownBy()].filter(([id]) => !rows.has(id)).map(([id, files]) => `${id}: ${[...files.keys()].join(', ')}`)).toEqual([]);
});
