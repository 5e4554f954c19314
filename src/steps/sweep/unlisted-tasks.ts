// Tasks that pods should have and the list of running tasks lacks: ended without a word, or younger than the list.
import { Unavailable } from '../../errors.ts';
import type { TaskArn } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { TaskFacts } from '../../ports/tasks.ts';
import { TASKS_AT_ONCE } from '../../ports/tasks.ts';

/** undefined: ECS has no such task (any more). Throws what ECS answered instead. */
export type LookUpTask = (taskArn: TaskArn) => Promise<TaskFacts | undefined>;

/** Asks for as many tasks a call as ECS takes; only those of a page that was refused are asked for one by one. */
export async function unlistedTasks(
  { tasks }: Pick<Ports, 'tasks'>,
  arns: readonly TaskArn[],
): Promise<LookUpTask> {
  const known = new Map<TaskArn, TaskFacts | Unavailable | undefined>();
  for (let from = 0; from < arns.length; from += TASKS_AT_ONCE) {
    const page = arns.slice(from, from + TASKS_AT_ONCE);
    try {
      const facts = await tasks.describe(page);
      for (const arn of page) known.set(arn, facts.get(arn));
    } catch (error) {
      // More calls would not help a service that is throttling or away; anything else may be about one task of the page.
      if (error instanceof Unavailable) for (const arn of page) known.set(arn, error);
    }
  }
  return async (arn) => {
    if (!known.has(arn)) return (await tasks.describe([arn])).get(arn);
    const answer = known.get(arn);
    if (answer instanceof Unavailable) throw answer;
    return answer;
  };
}
