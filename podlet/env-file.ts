// Variables in a file, in the strict format that the kubelet reads (pkg/kubelet/util/env): NAME='value', quoted text may span lines.

const MAX_LINE_BYTES = 64 * 1024;

/** The value of `key`, '' if the file does not set it; undefined: a format error comes before the key. */
export function readEnvFile(text: string, key: string): string | undefined {
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\n');
    const line = end < 0 ? rest : rest.slice(0, end);
    // Go's scanner accepts no longer line.
    if (line.length >= MAX_LINE_BYTES && Buffer.byteLength(line) >= MAX_LINE_BYTES)
      return undefined;
    const entry = line.replace(/^[ \t]+/, '');
    if (entry === '' || entry.startsWith('#')) {
      rest = rest.slice(line.length + 1);
      continue;
    }
    const [, name = '', gap = ''] = /^([^=]*)=([ \t]*)/.exec(entry) ?? [];
    if (name === '' || /[ \t]$/.test(name)) return undefined;
    // As in a shell: a blank after the equals sign makes the value empty.
    const found =
      gap === ''
        ? quoted(rest.slice(line.length - entry.length + name.length + 1))
        : { value: '', rest: rest.slice(line.length + 1) };
    if (found === undefined || name === key) return found?.value;
    rest = found.rest;
  }
  return '';
}

/** The quoted text at the start, and what follows its last line, where only a comment is allowed. */
function quoted(text: string): { value: string; rest: string } | undefined {
  const [whole, value = ''] = /^'([^']*)'[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(text) ?? [];
  return whole === undefined ? undefined : { value, rest: text.slice(whole.length) };
}
