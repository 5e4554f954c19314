// `$(VAR)` in env values, commands, subPathExpr and exec probes (third_party/forked/golang/expansion).

/** Characters that references may still bring in. A variable made of two others doubles: thirty lines would take all memory. */
export interface Room {
  left: number;
}

/** As much as Linux takes for a process' arguments and environment together; what is longer cannot start anyway. */
export const processRoom = (): Room => ({ left: 2 * 1024 * 1024 });

/** The text with its references replaced; an unknown name, or one whose value has no room, stays as written, `$$` is one `$`, nothing is expanded twice. */
export function expand(
  text: string,
  lookup: (name: string) => string | undefined,
  room: Room = processRoom(),
): string {
  // Behind the last `)` no reference ends: looking for one from every `$(` would take the square of the time.
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

/** The names that a text refers to. */
export function references(text: string): string[] {
  const names: string[] = [];
  expand(text, (name) => {
    names.push(name);
    return undefined;
  });
  return names;
}
