// metrics.k8s.io: the pods' usage as last reported by their podlets (`kubectl top pod`).
import { ApiError } from '../../errors.ts';
import { findResource } from '../../kinds/resources.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Usage } from '../../protocol/messages.ts';
import { lastUsage } from '../../steps/sync/heartbeat.ts';
import type { Answer, Call } from '../call.ts';
import { get } from '../verbs/get.ts';
import { listObjects, selectionOf } from '../verbs/list.ts';
import { listOptions } from '../wire/options.ts';
import { present } from '../../present.ts';

/** Older numbers are outdated. */
const STALE_MS = 120_000;
const KIB = 1024;

/** GET of one or all; pods without numbers are left out. */
export async function podMetrics(call: Call): Promise<Answer> {
  const pods: Call = { ...call, resource: findResource('', 'v1', 'pods') ?? call.resource };
  if (call.name !== '') {
    const answer = await get(pods);
    const found = 'object' in answer ? await metricsOf(call, answer.object) : undefined;
    if (found === undefined)
      throw new ApiError(
        'NotFound',
        `podmetrics.metrics.k8s.io ${JSON.stringify(`${call.namespace}/${call.name}`)} not found`,
      );
    return { code: 200, object: found, kind: 'object' };
  }
  const options = listOptions(call.query);
  const { items } = await listObjects(pods, options, selectionOf(pods, options));
  const metrics = await Promise.all(items.map((pod) => metricsOf(call, pod)));
  return {
    code: 200,
    list: { items: metrics.flatMap((one) => one ?? []), resourceVersion: '' },
  };
}

/** The numbers of one pod; undefined: none, or outdated. */
async function metricsOf(
  { ports, now }: Call,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  const { uid, name, namespace, labels, creationTimestamp } = object.metadata;
  if (toPod(object).status.phase !== 'Running') return undefined;
  const usage = await lastUsage(ports, uid ?? '');
  if (usage === undefined || now.getTime() - Date.parse(usage.at) > STALE_MS) return undefined;
  return {
    metadata: present({ name, namespace, labels, creationTimestamp }),
    timestamp: wholeSeconds(new Date(usage.at)),
    window: `${Math.round(usage.windowMs / 1000)}s`,
    containers: containersOf(object, usage),
  };
}

/** Only the pod's own containers: the podlet is droppod's. */
function containersOf(object: KubeObject, { containers }: Usage): object[] {
  const { spec } = toPod(object);
  const names = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
  return Object.entries(containers)
    .filter(([name]) => names.includes(name))
    .map(([name, { cpuNanoCores, memoryBytes }]) => ({
      name,
      usage: { cpu: `${cpuNanoCores}n`, memory: `${Math.ceil(memoryBytes / KIB)}Ki` },
    }));
}
