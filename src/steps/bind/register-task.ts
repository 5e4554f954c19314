// The pod's task definition, registered: images by digest, and for private ones the names of secrets instead of passwords.
import type { Pod } from '../../kinds/pod.ts';
import type { Ports } from '../../ports/ports.ts';
import { podSize } from '../../fargate/size.ts';
import { taskDefinition } from '../../fargate/task-definition.ts';
import { present } from '../../present.ts';
import type { ResolvedImages } from './resolve-images.ts';

type RegisterPorts = Pick<Ports, 'tasks' | 'settings' | 'pullSecrets'>;

/** The ARN of the definition with this content; may be called again. */
export async function registerTask(
  ports: RegisterPorts,
  pod: Pod,
  resolved: ResolvedImages,
): Promise<string> {
  const { tasks, settings } = ports;
  const sized = podSize(pod);
  if ('tooBig' in sized)
    throw new Error(`the pod was admitted with a size that no task has: ${sized.tooBig}`);
  const pullSecretArns = await keepCredentials(ports, resolved);
  const { executionRoleArn } = settings;
  return tasks.register(
    taskDefinition(pod, {
      images: resolved.images,
      size: sized.size,
      settings,
      pullSecretArns,
      ...present({ executionRoleArn }),
    }),
  );
}

async function keepCredentials(
  { pullSecrets }: RegisterPorts,
  { credentials }: ResolvedImages,
): Promise<{ [container: string]: string }> {
  if (!pullSecrets) return {};
  const arns = await Promise.all(
    Object.entries(credentials).map(
      async ([container, credential]) => [container, await pullSecrets.keep(credential)] as const,
    ),
  );
  return Object.fromEntries(arns);
}
