// Shell patterns as in Go's path.Match, matched in time proportional to pattern × text.

/** One place of a pattern: any text, or one character. */
type Token = 'star' | ((character: string) => boolean);

/** Whether all of `text` matches the pattern (`*`, `?`, `[a-z]`, `[^a]`, `\*`); a malformed pattern matches nothing. */
export function fitsGlob(pattern: string, text: string): boolean {
  const tokens = tokensOf([...pattern]);
  if (tokens === undefined) return false;
  const characters = [...text];
  let [at, from] = [0, 0];
  // Where to resume when the rest after the last star does not match: the star takes one more character.
  let retry: { token: number; from: number } | undefined;
  while (from < characters.length) {
    const token = tokens[at];
    if (token === 'star') {
      retry = { token: ++at, from };
    } else if (token?.(characters[from] ?? '') === true) {
      at++;
      from++;
    } else if (retry === undefined) return false;
    else {
      at = retry.token;
      from = ++retry.from;
    }
  }
  return tokens.slice(at).every((token) => token === 'star');
}

function tokensOf(pattern: readonly string[]): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at] ?? '';
    if (sign === '*') {
      if (tokens.at(-1) !== 'star') tokens.push('star');
    } else if (sign === '?') tokens.push(() => true);
    else if (sign === '[') {
      const found = characterClass(pattern, at + 1);
      if (found === undefined) return undefined;
      tokens.push(found.fits);
      at = found.end;
    } else {
      const literal = sign === '\\' ? pattern[++at] : sign;
      if (literal === undefined) return undefined;
      tokens.push((character) => character === literal);
    }
  }
  return tokens;
}

/** A character class after its `[`; undefined: malformed. */
function characterClass(
  pattern: readonly string[],
  start: number,
): { fits: (character: string) => boolean; end: number } | undefined {
  const negated = pattern[start] === '^';
  const ranges: [string, string][] = [];
  let at = negated ? start + 1 : start;
  const next = (): string | undefined =>
    pattern[at] === '\\' ? pattern[(at += 2) - 1] : pattern[at++];
  while (ranges.length === 0 || pattern[at] !== ']') {
    if (pattern[at] === '-' || pattern[at] === ']') return undefined;
    const low = next();
    const high = pattern[at] === '-' ? (at++, next()) : low;
    if (low === undefined || high === undefined) return undefined;
    ranges.push([low, high]);
  }
  return {
    fits: (character) =>
      ranges.some(([low, high]) => low <= character && character <= high) !== negated,
    end: at,
  };
}
