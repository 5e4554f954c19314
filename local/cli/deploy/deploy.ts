// `droppod deploy`: checks the account, creates what is missing, lets the CDK deploy, and ends with a working kubeconfig.
import { join, resolve } from 'node:path';
import { present } from '../../../src/present.ts';
import type { Account, StackEvent } from '../../compose/aws-account.ts';
import type { Say } from '../install.ts';
import { placeOf, Refusal } from '../place.ts';
import type { Cdk } from './cdk.ts';
import { checkAccount, reason, shareOfStreams, type Finding } from './checks.ts';
import { checkOptions, contextArguments, STACK, type DeployOptions } from './choices.ts';
import { loginOf, writeKubeconfig, type Login } from './kubeconfig.ts';

export interface DeployTools {
  account: Account;
  cdk: Cdk;
  /** GET without a credential; returns the status. */
  get(url: string): Promise<number>;
  sleep(ms: number): Promise<void>;
  /** Whether a program is on the PATH. */
  has(program: string): boolean;
  profile: string | undefined;
  out: Say;
  say: Say;
}

/** A new function URL returns 403 until its permission has propagated. */
const ANSWER_TRIES = 20;
const ANSWER_WAIT_MS = 3_000;

/** Runs `droppod deploy`. */
export async function deploy(options: DeployOptions, tools: DeployTools): Promise<void> {
  checkOptions(options);
  const { account, cdk, out } = tools;
  const { findings, accountId, functionsAtOnce } = await checkAccount(
    account,
    options.capacity === 'spot' ? 'spot' : 'on-demand',
  );
  for (const { level, what, text } of findings) out(`${level.padEnd(4)} ${what}: ${text}`);
  if (!tools.has('aws'))
    out('note AWS CLI: not on the PATH; kubectl logs in with it (aws eks get-token)');
  const stops = findings.filter(({ level }) => level === 'stop');
  if (stops.length > 0) throw new Refusal(`nothing was deployed: ${listed(stops)}`);
  if (options.check === true) return;
  const seen = await beforeDeployment(account);
  await makeMissing(findings, accountId, tools);
  const args = ['deploy', STACK, '--require-approval', 'never', '--progress', 'events'];
  const watches = options.watches ?? shareOfStreams(functionsAtOnce);
  if ((await cdk([...args, ...contextArguments({ ...options, ...present({ watches }) })])) !== 0)
    throw new Refusal(await whyFailed(account, seen));
  await finish(options, tools);
}

const listed = (findings: Finding[]): string => findings.map(({ what }) => what).join(', ');

/** Ids of the stack events from before this deployment. Refuses while somebody else's deployment is in progress. */
async function beforeDeployment(account: Account): Promise<Set<string>> {
  const stack = await account.stack(STACK);
  if (stack === undefined) return new Set();
  if (stack.status.endsWith('_IN_PROGRESS'))
    throw new Refusal(`the stack ${STACK} is being changed (${stack.status}): wait for its end`);
  return new Set((await account.stackEvents(stack.id)).map(({ id }) => id));
}

async function makeMissing(
  findings: Finding[],
  accountId: string,
  { account, cdk, out }: DeployTools,
): Promise<void> {
  const missing = new Set(findings.filter(({ level }) => level === 'make').map(({ what }) => what));
  if (missing.has('ECS role')) {
    out('making the service-linked role of ECS …');
    // A user who may not create it can still deploy: ECS creates it with the first cluster, if CloudFormation's role may.
    await account
      .makeEcsRole()
      .catch((error: unknown) => out(`note ECS role: could not be made (${reason(error)})`));
  }
  if (missing.has('bootstrap')) {
    out(`bootstrapping CDK in ${account.region} …`);
    if ((await cdk(['bootstrap', `aws://${accountId}/${account.region}`])) !== 0)
      throw new Refusal("nothing was deployed: cdk bootstrap failed, see CDK's lines above");
  }
}

/** CloudFormation's first failure reason: later ones only follow from it. */
async function whyFailed(account: Account, seen: Set<string>): Promise<string> {
  const stack = await account.stack(STACK);
  const events = stack === undefined ? [] : await account.stackEvents(stack.id);
  const first = firstFailure(events.filter(({ id }) => !seen.has(id)));
  const left =
    stack?.status === 'ROLLBACK_COMPLETE'
      ? '. Nothing of it is left but the failed stack itself, which the next deploy replaces'
      : '';
  return first === undefined
    ? "the deployment failed, see CDK's lines above"
    : `the deployment failed: ${first.resource}: ${(first.reason ?? first.status).replaceAll(/\s+/g, ' ')}${left}`;
}

/** The first event that failed by itself; undefined: none did. */
export const firstFailure = (events: StackEvent[]): StackEvent | undefined =>
  events.find(
    ({ status, reason: why = '' }) => status.endsWith('_FAILED') && !/cancelled/i.test(why),
  );

async function finish(options: DeployOptions, tools: DeployTools): Promise<void> {
  const { account, out } = tools;
  const stack = await account.stack(STACK);
  if (stack === undefined)
    throw new Refusal(`the stack ${STACK} is not there after its deployment`);
  // An interrupted destroy may have left them disabled.
  for (const { type, id } of await account.stackResources(stack.id))
    if (type === 'AWS::Lambda::Function') await account.unsilence(id);
  const login = loginOf(stack.outputs, account.region, tools.profile);
  const path = resolve(
    options.kubeconfig ?? join(placeOf(undefined).directory, 'aws', 'kubeconfig'),
  );
  writeKubeconfig(path, login);
  await untilItAnswers(login, tools);
  out('');
  out(`droppod is deployed at ${login.server}`);
  out(`kubeconfig: ${path}`);
  out(`go on with: export KUBECONFIG=${path}; kubectl apply -f examples/hello.yaml`);
}

async function untilItAnswers({ server }: Login, { get, sleep, say }: DeployTools): Promise<void> {
  let last = '';
  for (let tries = 0; tries < ANSWER_TRIES; tries += 1) {
    const status = await get(`${server}/version`).catch((error: unknown) => reason(error));
    if (status === 200) return;
    last = String(status);
    if (tries === 0) say('waiting for the API to answer …');
    await sleep(ANSWER_WAIT_MS);
  }
  say(`the API does not answer yet (${last}): look at the log of the function api`);
}
