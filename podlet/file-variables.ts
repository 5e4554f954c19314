// Variables from files of volumes (fileKeyRef): read when a container starts, filled in where the API left placeholders.
import type { StartOrder } from '../src/sync/messages.ts';
import { readEnvFile } from './env-file.ts';
import type { Volumes } from './ports.ts';

type FileVariable = NonNullable<StartOrder['fileVariables']>[number];

/** The order with all values in place; an optional variable that no file sets is left out. Else the kubelet's message. */
export async function withFileVariables(order: StartOrder, volumes: Pick<Volumes, 'read'>): Promise<{ order: StartOrder } | { error: string }> {
  const values = new Map<string, string>();
  const absent = new Set<string>();
  for (const variable of order.fileVariables ?? []) {
    const value = await valueOf(variable, volumes);
    if (value === undefined) return { error: "couldn't parse env file" };
    if (value === '' && !variable.optional) return { error: `environment variable key "${variable.key}" not found in file "${variable.path}"` };
    if (value === '') absent.add(variable.placeholder);
    values.set(variable.placeholder, value === '' ? `$(${variable.name})` : value);
  }
  const fill = (text: string): string => text.replace(/\0\d+\0/g, (placeholder) => values.get(placeholder) ?? '');
  const env = order.env.filter(([, value]) => !absent.has(value)).map(([name, value]): [string, string] => [name, fill(value)]);
  return { order: { ...order, env, argv: order.argv.map(fill) } };
}

async function valueOf({ volume, path, key }: FileVariable, volumes: Pick<Volumes, 'read'>): Promise<string | undefined> {
  const text = await volumes.read(volume, path);
  return text === undefined ? undefined : readEnvFile(text, key);
}
