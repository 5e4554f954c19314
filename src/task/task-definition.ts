// Pod -> ECS task definition: only its shape (design decision 6). What is secret or differs from pod to pod travels by sync.
import type { Pod } from '../kinds/pod.ts';
import type { ImageConfig, Settings, TaskDefinition } from '../ports.ts';
import type { TaskSize } from './size.ts';

/** Name of the podlet's container in every task; no pod container may have it. */
export const PODLET_CONTAINER = 'droppod-podlet';

export interface DefinitionContext {
  /** By container name, init containers included. */
  images: { [container: string]: ImageConfig };
  size: TaskSize;
  settings: Pick<Settings, 'podletImage' | 'logGroup' | 'region'>;
  executionRoleArn?: string;
  /** ARN of the Secrets Manager secret with the pull credentials, by container. */
  pullSecretArns?: { [container: string]: string };
}

/** The definition; pods of one shape get the same content and so the same family. */
export function taskDefinition(pod: Pod, context: DefinitionContext): TaskDefinition {
  throw new Error(`not built: ${String(pod.metadata.name)} ${context.settings.region}`);
}
