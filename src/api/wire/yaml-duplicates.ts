// Duplicate keys of a YAML text, in go-yaml's words and order: its decoder reads a key's value before it meets the duplicate.
import type { CST, LineCounter } from 'yaml';
import { MAX_FINDINGS } from './json.ts';
import { yamlPackage } from './yaml-package.ts';

/** One line for each duplicate in a valid YAML text, at most MAX_FINDINGS. */
export function duplicateKeys(text: string): string[] {
  const { LineCounter, Parser } = yamlPackage();
  const lines = new LineCounter();
  const found: string[] = [];
  for (const token of new Parser(lines.addNewLine).parse(text))
    if (token.type === 'document' && token.value !== undefined) collect(token.value, lines, found);
  return found.slice(0, MAX_FINDINGS);
}

function collect(token: CST.Token, lines: LineCounter, found: string[]): void {
  if (!('items' in token) || found.length >= MAX_FINDINGS) return;
  const isMap =
    token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{');
  const seen = new Set<string>();
  for (const { key, value, sep } of token.items) {
    for (const part of [key, value])
      if (part !== undefined && part !== null) collect(part, lines, found);
    const name = nameOf(key);
    if (!isMap || name === undefined) continue;
    if (seen.has(name))
      found.push(
        `line ${lines.linePos(value?.offset ?? sep?.at(-1)?.offset ?? key?.offset ?? 0).line}: key ${JSON.stringify(name)} already set in map`,
      );
    seen.add(name);
  }
}

/** A key's text; undefined where it is not a scalar, or merges another map. */
function nameOf(key: CST.Token | null | undefined): string | undefined {
  const { CST } = yamlPackage();
  if (key === undefined || key === null || !CST.isScalar(key)) return undefined;
  const resolved = CST.resolveAsScalar(key, true, () => undefined);
  return resolved === null || (resolved.type === 'PLAIN' && resolved.value === '<<')
    ? undefined
    : resolved.value;
}
