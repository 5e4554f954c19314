// Variables from files of volumes (fileKeyRef): read when a container starts, filled in where the API left placeholders.
import type { StartOrder } from '../src/protocol/messages.ts';
import { readEnvFile } from './env-file.ts';
import type { Volumes } from './ports.ts';

/** Linux's limit for arguments and environment together (a quarter of the usual stack limit). */
const MAX_ALL_BYTES = 2 * 1024 * 1024;
const MAX_FILE_BYTES = 1024 * 1024;

type FileVariable = NonNullable<StartOrder['fileVariables']>[number];

/** The order with all values in place; an optional variable that no file sets is left out. Else the kubelet's message. */
export async function withFileVariables(
  order: StartOrder,
  volumes: Pick<Volumes, 'read'>,
): Promise<{ order: StartOrder } | { error: string }> {
  const values = new Map<string, string>();
  const absent = new Set<string>();
  for (const variable of order.fileVariables ?? []) {
    const value = await valueOf(variable, volumes);
    if (value === undefined) return { error: "couldn't parse env file" };
    if (value === '' && !variable.optional)
      return {
        error: `environment variable key "${variable.key}" not found in file "${variable.path}"`,
      };
    if (value === '') absent.add(variable.placeholder);
    values.set(variable.placeholder, value === '' ? `$(${variable.name})` : value);
  }
  const placeholders = /\0\d+\0/g;
  const env = order.env.filter(([, value]) => !absent.has(value));
  const texts = [...env.map(([, value]) => value), ...order.argv];
  // One value may occur in many places: the size is checked before the texts are built.
  const size = texts.reduce(
    (sum, text) =>
      sum +
      text.length +
      [...text.matchAll(placeholders)].reduce(
        (own, [found]) => own + (values.get(found)?.length ?? 0),
        0,
      ),
    0,
  );
  if (size > MAX_ALL_BYTES) return { error: 'argument list too long' };
  const fill = (text: string): string =>
    text.replace(placeholders, (placeholder) => values.get(placeholder) ?? '');
  return {
    order: {
      ...order,
      env: env.map(([name, value]): [string, string] => [name, fill(value)]),
      argv: order.argv.map(fill),
    },
  };
}

async function valueOf(
  { volume, path, key }: FileVariable,
  volumes: Pick<Volumes, 'read'>,
): Promise<string | undefined> {
  const file = await volumes.read(volume, path, MAX_FILE_BYTES);
  if (file === undefined) return undefined;
  const value = readEnvFile(file.text, key);
  // The unread rest may set it, or contain a format error.
  return value === '' && !file.whole ? undefined : value;
}
