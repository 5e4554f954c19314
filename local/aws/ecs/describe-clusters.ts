// DescribeClusters: the named clusters, or the default one.
import type { Json } from '../../states/json.ts';
import { DEFAULT_CLUSTER, arn, type EcsContext } from './context.ts';
import { clusterJson } from './create-cluster.ts';
import { asInput, refuseOthers, texts } from '../input.ts';

export async function describeClusters(context: EcsContext, body: unknown): Promise<Json> {
  const input = asInput(body);
  refuseOthers(input, ['clusters', 'include']);
  const clusters: Json[] = [];
  const failures: Json[] = [];
  for (const given of texts(input, 'clusters') ?? [DEFAULT_CLUSTER]) {
    const clusterArn = arn(context, `cluster/${given.slice(given.lastIndexOf('/') + 1)}`);
    const cluster = context.agent.book.clusters.get(clusterArn);
    if (cluster) clusters.push(clusterJson(context, cluster));
    else failures.push({ arn: clusterArn, reason: 'MISSING' });
  }
  return { clusters, failures };
}
