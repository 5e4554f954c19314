// The manifests of static pods: a directory of files, each of one pod, as a kubelet reads it.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Pod } from '../kinds/pod.ts';
import { kindShape } from '../kinds/shapes.ts';
import { toPod } from '../pod/model/to-pod.ts';
import type { Json } from '../ports/json.ts';
import { decodeObject } from './wire/decode.ts';

/** The directory's files in order. Names that begin with a dot are editors' own. */
export const manifestFiles = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(directory, name))
    .sort();

/** The pods of the directory; `say` gets a line for each file that holds none. */
export function manifestsIn(directory: string, say: (line: string) => void): Pod[] {
  return manifestFiles(directory).flatMap((file) => {
    try {
      return [manifestOf(readFileSync(file, 'utf8'))];
    } catch (error) {
      say(`${file}: no static pod: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
}

function manifestOf(text: string): Pod {
  const value: unknown = parseDocument(text).toJS();
  const { kind } = (value ?? {}) as { kind?: unknown };
  if (kind !== 'Pod') throw new Error(`kind is ${String(kind)}, not Pod`);
  const unknown: string[] = [];
  const decoded = decodeObject(kindShape('', 'Pod'), value as Json, unknown);
  if (unknown.length > 0) throw new Error(unknown.join(', '));
  const pod = toPod({ metadata: {}, ...decoded });
  if (!pod.metadata.name) throw new Error('it has no name');
  return pod;
}
