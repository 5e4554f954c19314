// `$(VAR)` in env values, commands, subPathExpr and exec probes (third_party/forked/golang/expansion).

/** The most characters that references may add. A variable made of two others doubles in size: thirty lines would use all memory. */
export interface Room {
  left: number;
}

/** Linux's limit for a process' arguments and environment together; anything longer cannot start anyway. */
export const processRoom = (): Room => ({ left: 2 * 1024 * 1024 });

/** The text with its references replaced once. Unknown names, and values beyond the limit, stay as written; `$$` is one `$`. */
export function expand(
  text: string,
  lookup: (name: string) => string | undefined,
  room: Room = processRoom(),
): string {
  // No reference ends after the last `)`: searching from every `$(` would take quadratic time.
  const end = text.lastIndexOf(')') + 1;
  // In order: the escape, a closed reference, any other `$` (kept as it is).
  const expanded = text
    .slice(0, end)
    .replace(/\$\$|\$\(([^)]*)\)|\$/g, (found: string, name: string | undefined) => {
      if (found === '$$') return '$';
      const value = name === undefined ? undefined : lookup(name);
      if (value === undefined || value.length > room.left) return found;
      room.left -= value.length;
      return value;
    });
  return expanded + text.slice(end).replaceAll('$$', () => '$');
}

/** The names in a text's references. */
export function references(text: string): string[] {
  const names: string[] = [];
  expand(text, (name) => {
    names.push(name);
    return undefined;
  });
  return names;
}
