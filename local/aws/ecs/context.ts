// What the operations of the ECS endpoint share, and ECS's resource names.
import type { Agent } from '../../agent/agent.ts';
import type { Tag, TaskDefinition } from '../../agent/task-definition.ts';
import type { Task } from '../../agent/task.ts';
import { AwsError } from '../protocol.ts';
import { structures, text, type Input } from '../input.ts';

export interface EcsContext {
  agent: Agent;
  account: string;
  region: string;
  uuid: () => string;
  /** Accepts what the engine can do and Fargate cannot. */
  beyondFargate: boolean;
}

export const DEFAULT_CLUSTER = 'default';

/** ARN of one of this account's ECS resources. */
export function arn(
  { region, account }: Pick<EcsContext, 'region' | 'account'>,
  resource: string,
): string {
  return `arn:aws:ecs:${region}:${account}:${resource}`;
}

/** AWS JSON's form of a time: epoch seconds. */
export function epoch(time: string): number {
  return Date.parse(time) / 1000;
}

/** The cluster that the input names (name or ARN; none: default); throws ClusterNotFoundException for an unknown one. */
export function clusterOf(
  { agent }: EcsContext,
  input: Input,
): { clusterName: string; clusterArn: string } {
  const given = text(input, 'cluster') ?? DEFAULT_CLUSTER;
  const name = given.slice(given.lastIndexOf('/') + 1);
  const cluster = [...agent.book.clusters.values()].find(({ clusterName }) => clusterName === name);
  if (!cluster) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}

/** Found by ARN, `family:revision` or `family` (its newest active revision). */
export function findDefinition({ agent }: EcsContext, given: string): TaskDefinition | undefined {
  const name = given.slice(given.lastIndexOf('/') + 1);
  const colon = name.lastIndexOf(':');
  const definitions = [...agent.book.definitions.values()];
  if (colon >= 0)
    return definitions.find(({ family, revision }) => `${family}:${revision}` === name);
  const active = definitions.filter(({ family, status }) => family === name && status === 'ACTIVE');
  return active.reduce<TaskDefinition | undefined>(
    (newest, next) => (newest && newest.revision > next.revision ? newest : next),
    undefined,
  );
}

/** Found by ARN or id, within the cluster. */
export function findTask(
  { agent }: EcsContext,
  cluster: { clusterArn: string },
  given: string,
): Task | undefined {
  const id = given.slice(given.lastIndexOf('/') + 1);
  const direct = agent.book.tasks.get(given);
  const task = direct ?? [...agent.book.tasks.values()].find((candidate) => candidate.id === id);
  return task?.clusterArn === cluster.clusterArn ? task : undefined;
}

const MAX_TAGS = 50;
/** TagKey and TagValue of the API model. */
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** Tags in the order given; throws for one that the API's model does not allow. */
export function tagsOf(input: Input): Tag[] {
  const tags = structures(input, 'tags').map((tag) => ({
    key: text(tag, 'key') ?? '',
    value: text(tag, 'value') ?? '',
  }));
  const refuse = (why: string): never => {
    throw new AwsError('InvalidParameterException', why);
  };
  if (tags.length > MAX_TAGS) refuse(`tags can have at most ${MAX_TAGS} entries`);
  for (const { key, value } of tags) {
    if (!TAG_KEY.test(key) || /^aws:/i.test(key)) refuse(`tag key '${key}' is not valid`);
    if (!TAG_VALUE.test(value)) refuse(`the value of tag '${key}' is not valid`);
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) refuse('a tag key is given twice');
  return tags;
}
