// `$(VAR)` in env values, commands, subPathExpr and exec probes (third_party/forked/golang/expansion).

/** The text with its references replaced; an unknown name stays as written, `$$` is one `$`, nothing is expanded twice. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  // In order: the escape, a closed reference, any other `$` (kept as it is).
  return text.replace(/\$\$|\$\(([^)]*)\)|\$/g, (found: string, name: string | undefined) => {
    if (found === '$$') return '$';
    return name === undefined ? found : (lookup(name) ?? found);
  });
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
