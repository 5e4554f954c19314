// `droppod run FILE…`: applies manifests to a running (or just started) droppod and follows their pods until they end.
import { applyManifests, followPod, readManifests, type AppliedPod } from './apply.ts';
import { Client } from './client.ts';
import type { Say } from './install.ts';
import { placeOf, readAccess, Refusal, servingPid } from './place.ts';
import { portOf, ready, startDetached, type UpOptions } from './up.ts';

/** The exit code by which shells report Ctrl-C. */
const INTERRUPTED = 130;

/** Runs `droppod run` and returns its exit code: 0 only when every pod succeeded. */
export async function run(
  files: string[],
  options: Pick<UpOptions, 'data' | 'port'>,
  out: Say,
  say: Say,
): Promise<number> {
  const place = placeOf(options.data);
  portOf(options.port);
  const read = files.map((file) => ({ file, manifests: readManifests(file) }));
  if (servingPid(place) === undefined || !(await ready(place)))
    await startDetached(place, options, say);
  const access = readAccess(place);
  if (!access) throw new Refusal(`${place.kubeconfig} is missing`);
  const client = new Client(access);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    const pods: AppliedPod[] = [];
    for (const { file, manifests } of read)
      pods.push(...(await applyManifests(client, file, manifests, out)));
    const phases: string[] = [];
    for (const pod of pods) {
      if (pods.length > 1) out(`\npod ${pod.namespace}/${pod.name}`);
      phases.push(await followPod(client, pod, out, stop.signal));
    }
    if (stop.signal.aborted) return INTERRUPTED;
    return phases.every((phase) => phase === 'Succeeded') ? 0 : 1;
  } finally {
    client.close();
  }
}
