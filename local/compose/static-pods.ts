// `droppod up --static-pods DIR`: the kubelet's directory of manifests. Added, changed and removed files take effect within a second.
import { statSync } from 'node:fs';
import { manifestFiles, manifestsIn } from '../../src/api/static-manifests.ts';
import { systemObjects } from '../../src/api/system-objects.ts';
import { systemClock } from '../../src/system-clock.ts';
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

function signatureOf(directory: string): string {
  try {
    return manifestFiles(directory)
      .map((file) => `${file} ${statSync(file).mtimeMs} ${statSync(file).size}`)
      .join('\n');
  } catch {
    // Removed while being read: the next look shows what is left.
    return '';
  }
}
