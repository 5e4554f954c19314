// Which registry credentials fit an image, and the globs of their hosts.
import { describe, expect, it } from 'vitest';
import { fitsGlob } from '../../src/glob.ts';
import { matchingCredentials } from '../../src/images/credentials.ts';

describe('globs, as path.Match reads them', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'abc', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcb', false],
    ['*a*b*', 'xaybz', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a]', 'b', true],
    ['[^a]', 'a', false],
    ['[a', 'a', false],
    ['[]a]', ']', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\', 'a', false],
    ['*a*a*a*a*a*a*b', 'a'.repeat(60), false],
    ['constructor', 'constructor', true],
    ['.', 'a', false],
    ['(a|b)', 'a', false],
  ])('%s and %s: %s', (pattern, text, fits) => expect(fitsGlob(pattern, text)).toBe(fits));
});

describe('credentials', () => {
  const credential = (registry: string) => ({ registry, username: registry, password: 'p' });
  const names = (keys: string[], registry: string, repository: string) =>
    matchingCredentials(keys.map(credential), { registry, repository } as never).map(
      ({ username }) => username,
    );

  it('a star stands for one label of a host, and the longest path comes first', () => {
    expect(
      names(
        ['*.example.com', 'r.example.com/team', 'example.com', '*.*.com'],
        'r.example.com',
        'team/app',
      ),
    ).toEqual(['r.example.com/team', '*.example.com', '*.*.com']);
  });

  it('a host of sixty letters under a key of many stars is an answer, not a wait', () => {
    expect(names([`${'*a'.repeat(30)}*b.invalid`], `${'a'.repeat(60)}.invalid`, 'x')).toEqual([]);
  });
});
