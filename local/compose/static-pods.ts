// `droppod up --static-pods DIR`: the kubelet's directory of manifests. Added, changed and removed files take effect within a second.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { decodeObject } from '../../src/api/wire/decode.ts';
import { systemObjects } from '../../src/api/system-objects.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { kindShape } from '../../src/kinds/shapes.ts';
import { toPod } from '../../src/pod/model/to-pod.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import type { Json } from '../../src/ports/json.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { STATIC_PODS, keepStaticPods } from '../../src/steps/static/keep-static-pods.ts';

const LOOK_MS = 1_000;
/** The kubelet's fileCheckFrequency: after this time the pods are compared even if no file has changed. */
const AGAIN_MS = 20_000;

/** Maintains the directory's pods until the signal aborts; a file that is not a pod is reported once and then ignored. */
export async function keepStaticPodsUntil(
  signal: AbortSignal,
  ports: Ports,
  directory: string,
  log: (line: string) => void,
): Promise<void> {
  const objects = systemObjects(ports)(STATIC_PODS);
  const said = new Set<string>();
  const say = (line: string): void => {
    if (!said.has(line)) log(line);
    said.add(line);
  };
  let before = '';
  let settled = 0;
  let done = false;
  while (!signal.aborted) {
    const signature = signatureOf(directory);
    const now = systemClock.now().getTime();
    if (signature !== before || now - settled >= AGAIN_MS || !done) {
      before = signature;
      settled = now;
      done = await keepStaticPods(ports, objects, manifestsIn(directory, say), say).catch(
        (error: unknown) => {
          log(
            `static pods: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
          return false;
        },
      );
    }
    await systemClock.sleep(LOOK_MS, signal);
  }
}

/** Names that start with a dot belong to editors. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(directory, name))
    .sort();

function signatureOf(directory: string): string {
  try {
    return filesIn(directory)
      .map((file) => `${file} ${statSync(file).mtimeMs} ${statSync(file).size}`)
      .join('\n');
  } catch {
    // Removed while being read: the next look shows what is left.
    return '';
  }
}

function manifestsIn(directory: string, say: (line: string) => void): Pod[] {
  return filesIn(directory).flatMap((file) => {
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
