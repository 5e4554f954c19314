// `Warning` headers: 299 with a quoted text, without repetitions, truncated where they grow too long in total.

const TOTAL_RUNES = 4096;
const CUT_RUNES = 256;
/** Clients reject answers with more header lines than they expect. */
const MAX_WARNINGS = 100;

// A header cannot contain control characters.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Adds one header per text; a total that is too long cuts each text, then leaves out the last ones (apiserver's filters/warning.go). */
export function addWarnings(headers: Headers, texts: readonly string[]): void {
  const unique = [...new Set(texts)]
    .filter((text) => text !== '' && !CONTROL.test(text))
    .slice(0, MAX_WARNINGS)
    .map((text) => [...text]);
  const total = unique.reduce((sum, runes) => sum + runes.length, 0);
  let written = 0;
  for (const runes of unique) {
    if (written >= TOTAL_RUNES) return;
    const shown = total > TOTAL_RUNES ? runes.slice(0, CUT_RUNES) : runes;
    written += shown.length;
    const text = latin1(shown.join('')).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    headers.append('warning', `299 - "${text}"`);
  }
}

/** Header values are bytes: other characters are sent as their UTF-8 bytes. */
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
