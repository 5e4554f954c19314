// Registers the pod's task definition: images by digest and, for private ones, the names of secrets instead of passwords.
import type { Pod } from '../../kinds/pod.ts';
import type { Ports } from '../../ports/ports.ts';
import { podSize } from '../../fargate/size.ts';
import { taskDefinition } from '../../fargate/task-definition.ts';
import { readClaims } from './claims.ts';
import { present } from '../../present.ts';
import type { ResolvedImages } from './resolve-images.ts';

type RegisterPorts = Pick<Ports, 'store' | 'tasks' | 'settings' | 'pullSecrets'>;

/** The ARN of the definition with this content, or why AWS refuses it; may be called again. */
export async function registerTask(
  ports: RegisterPorts,
  pod: Pod,
  resolved: ResolvedImages,
): ReturnType<Ports['tasks']['register']> {
  const { tasks, settings } = ports;
  const sized = podSize(pod);
  if ('tooBig' in sized)
    throw new Error(`the pod was admitted with a size that no task has: ${sized.tooBig}`);
  const pullSecretArns = await keepCredentials(ports, resolved);
  if ('failure' in pullSecretArns) return pullSecretArns;
  const { executionRoleArn } = settings;
  const { held, data: claims } = await readClaims(ports, pod);
  if (held !== undefined) return { failure: held };
  return tasks.register(
    taskDefinition(pod, {
      images: resolved.images,
      size: sized.size,
      settings,
      pullSecretArns: pullSecretArns.arns,
      claims,
      ...present({ executionRoleArn }),
    }),
  );
}

async function keepCredentials(
  { pullSecrets }: RegisterPorts,
  { credentials }: ResolvedImages,
): Promise<{ arns: { [container: string]: string } } | { failure: string }> {
  if (!pullSecrets) return { arns: {} };
  const kept = await Promise.all(
    Object.entries(credentials).map(
      async ([container, credential]) => [container, await pullSecrets.keep(credential)] as const,
    ),
  );
  const arns = new Map<string, string>();
  for (const [container, answer] of kept) {
    if ('failure' in answer) return answer;
    arns.set(container, answer.arn);
  }
  return { arns: Object.fromEntries(arns) };
}
