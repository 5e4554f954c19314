// `Warning` headers: 299 with a quoted text, without repetitions, truncated where they grow too long in total.

const TOTAL_RUNES = 4096;
const CUT_RUNES = 256;
/** Clients reject answers with more header lines than they expect. */
const MAX_WARNINGS = 100;

// A header cannot contain control characters.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Adds one header per text. */
export function addWarnings(headers: Headers, texts: readonly string[]): void {
  const unique = [...new Set(texts)]
    .filter((text) => text !== '' && !CONTROL.test(text))
    .slice(0, MAX_WARNINGS);
  const total = unique.reduce((sum, text) => sum + [...text].length, 0);
  for (const text of unique) {
    const shown = total > TOTAL_RUNES ? [...text].slice(0, CUT_RUNES).join('') : text;
    headers.append(
      'warning',
      `299 - "${latin1(shown).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
    );
  }
}

/** Header values are bytes: other characters are sent as their UTF-8 bytes. */
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
