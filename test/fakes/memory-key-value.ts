// The engine's key-value store in memory.
import type { KeyValue } from '../../local/agent/key-value.ts';

/** The engine's store in memory. */
export function memoryKeyValue(): KeyValue {
  const entries = new Map<string, string>();
  return {
    list: async (prefix) =>
      [...entries].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    write: async (changes) => {
      for (const [key, value] of Object.entries(changes))
        if (value === null) entries.delete(key);
        else entries.set(key, value);
    },
  };
}
