// `droppod destroy`: stops everything that runs, so that nothing keeps costing unseen, deletes the stack, and lists what is kept.
import type { Account, StackEvent, StackFacts, StackResource } from '../../compose/aws-account.ts';
import type { Say } from '../install.ts';
import { Refusal } from '../place.ts';
import { reason } from './checks.ts';
import { STACK } from './choices.ts';
import { firstFailure } from './deploy.ts';

export interface DestroyTools {
  account: Account;
  /** Asks the user; undefined: there is nobody to ask. */
  confirm(question: string): Promise<boolean | undefined>;
  sleep(ms: number): Promise<void>;
  out: Say;
}

const LOOK_MS = 3_000;
/** ECS kills after at most 120 s of grace, and the podlet ends after its pod's containers. */
const TASK_LOOKS = 100;
const EXECUTION_ROUNDS = 10;
const STACK_LOOKS = 600;

/** Runs `droppod destroy`. After an interruption it may be run again. */
export async function destroy(
  options: { yes?: boolean },
  { account, confirm, sleep, out }: DestroyTools,
): Promise<void> {
  const { account: id } = await account.identity().catch((error: unknown) => {
    throw new Refusal(`AWS does not know who calls (${reason(error)})`);
  });
  const stack = await account.stack(STACK);
  if (stack === undefined || stack.status === 'DELETE_COMPLETE')
    throw new Refusal(`there is no stack ${STACK} in ${account.region} of account ${id}`);
  const resources = await account.stackResources(stack.id);
  const clusters = idsOf(resources, 'AWS::ECS::Cluster');
  const tasks = (await Promise.all(clusters.map((one) => account.livingTasks(one)))).flat();
  if (options.yes !== true) {
    const said = await confirm(
      `Delete droppod from account ${id}, ${account.region}? ${tasks.length} tasks are running. [y/N] `,
    );
    if (said === undefined) throw new Refusal('destroy asks: say --yes where nobody can answer', 2);
    if (!said) throw new Refusal('nothing was deleted');
  }
  await drain(account, resources, sleep, out);
  const before = new Set((await account.stackEvents(stack.id)).map((event) => event.id));
  await account.deleteStack(stack.id);
  await followDeletion({ account, sleep, out }, stack, before);
}

const idsOf = (resources: StackResource[], type: string): string[] =>
  resources.filter((one) => one.type === type).map(({ id }) => id);

/** Stops whatever runs and keeps anything from being started again. */
async function drain(
  account: Account,
  resources: StackResource[],
  sleep: DestroyTools['sleep'],
  out: Say,
): Promise<void> {
  // The functions go first: otherwise a pod whose execution ends gets a new one, and a task that ends a new task.
  // CloudFormation still has to call the function that fills the repository.
  const functions = idsOf(resources, 'AWS::Lambda::Function').filter(
    (name) => !/putimage/i.test(name),
  );
  for (const name of functions) if (!TAKES_REPORTS.test(name)) await account.silence(name);
  out('the API is closed');
  const executions = async (): Promise<number> => {
    let stopped = 0;
    for (const machine of idsOf(resources, 'AWS::StepFunctions::StateMachine'))
      stopped += await stopExecutions(account, machine);
    return stopped;
  };
  const stopped = await executions();
  if (stopped > 0) out(`stopped ${stopped} executions`);
  const clusters = idsOf(resources, 'AWS::ECS::Cluster');
  for (const cluster of clusters) await stopTasks(account, cluster, sleep, out);
  for (const name of functions) if (TAKES_REPORTS.test(name)) await account.silence(name);
  // Executions that the last reports started can no longer do anything.
  await executions();
  for (const cluster of clusters) {
    const secrets = await account.deletePullSecrets(cluster);
    if (secrets > 0) out(`deleted ${secrets} pull secrets`);
  }
}

/** Sync and observe: a podlet without answers would keep its task until ECS kills it. They start no task themselves. */
const TAKES_REPORTS = /Functions(sync|observe)/;

/** Returns how many executions it stopped. */
async function stopExecutions(account: Account, machine: string): Promise<number> {
  let stopped = 0;
  for (let round = 0; round < EXECUTION_ROUNDS; round += 1) {
    const running = await account.runningExecutions(machine);
    if (running.length === 0) break;
    for (const arn of running) await account.stopExecution(arn);
    stopped += running.length;
  }
  return stopped;
}

async function stopTasks(
  account: Account,
  cluster: string,
  sleep: DestroyTools['sleep'],
  out: Say,
): Promise<void> {
  const asked = new Set<string>();
  for (let look = 0; look < TASK_LOOKS; look += 1) {
    const living = await account.livingTasks(cluster);
    if (living.length === 0) {
      if (asked.size > 0) out(`stopped ${asked.size} tasks`);
      return;
    }
    if (look === 0) out(`stopping ${living.length} tasks …`);
    for (const task of living)
      if (!asked.has(task)) {
        await account.stopTask(cluster, task);
        asked.add(task);
      }
    await sleep(LOOK_MS);
  }
  throw new Refusal(
    `tasks of ${cluster} do not end: look at them in the ECS console, then run this again`,
  );
}

/** `seen`: ids of the earlier events. */
async function followDeletion(
  { account, sleep, out }: Omit<DestroyTools, 'confirm'>,
  { id }: StackFacts,
  seen: Set<string>,
): Promise<void> {
  for (let look = 0; look < STACK_LOOKS; look += 1) {
    const status = (await account.stack(id))?.status ?? 'DELETE_COMPLETE';
    const events = await account.stackEvents(id);
    const news = events.filter((event) => !seen.has(event.id));
    for (const event of news) {
      seen.add(event.id);
      if (/^DELETE_(COMPLETE|FAILED)$/.test(event.status))
        out(`${event.status} ${event.resource}${event.reason ? `: ${event.reason}` : ''}`);
    }
    if (status === 'DELETE_COMPLETE') return sayKept(events, out);
    if (status.endsWith('_FAILED')) {
      const first = firstFailure(news);
      throw new Refusal(
        `the stack could not be deleted${first ? `: ${first.resource}: ${first.reason ?? ''}` : ''}; run this again`,
      );
    }
    await sleep(LOOK_MS);
  }
  throw new Refusal(`the stack ${STACK} is still being deleted: run this again`);
}

/** Lists what a deletion of the stack always keeps. */
function sayKept(events: StackEvent[], out: Say): void {
  out('droppod is deleted');
  const kept = new Map(
    events
      .filter(({ status }) => status === 'DELETE_SKIPPED')
      .map(({ resource, physicalId }) => [physicalId, resource]),
  );
  for (const [physicalId, resource] of kept)
    out(
      `kept: ${resource} ${physicalId}, with the objects in it: delete it yourself when you need them no more`,
    );
  out("kept: CDK's bootstrap stack with uploaded assets, and task definitions, which cost nothing");
}
