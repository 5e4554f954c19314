// `droppod verify-aws`: prints its cost, asks, deploys if nothing is deployed, proves the assumptions about AWS, and cleans up.
import { writeFileSync } from 'node:fs';
import type { Account, AwsEvidence } from '../../compose/aws-account.ts';
import { reason } from '../deploy/checks.ts';
import { STACK } from '../deploy/choices.ts';
import type { Say } from '../install.ts';
import { Refusal } from '../place.ts';
import type { Assumption } from './assumption.ts';
import { choose } from './choose.ts';
import { costLine } from './cost.ts';
import { Lab, type Deployment } from './lab.ts';
import type { ApiLogin } from './api-login.ts';
import { proveAll } from './prove.ts';
import { planLines, resultLines, type Row } from './table.ts';

export interface VerifyOptions {
  region?: string;
  yes?: boolean;
  only?: string[];
  quick?: boolean;
  keep?: boolean;
  json?: string;
  kubeconfig?: string;
}

export interface VerifyTools {
  account: Account;
  aws: AwsEvidence;
  assumptions: readonly Assumption[];
  /** Whether the account is AWS's and not an emulator's. */
  isAws: boolean;
  /** Asks the user; undefined: there is nobody to ask. */
  confirm(question: string): Promise<boolean | undefined>;
  /** Deploys the stack. */
  deploy(): Promise<void>;
  /** Deletes it again. */
  destroy(): Promise<void>;
  /** How to log in to the deployment. */
  login(deployment: Deployment): ApiLogin;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** A unique text for the names of what it creates. */
  unique(): string;
  out: Say;
}

/** Proofs at once. Together with the examples they fit into the 6 vCPUs of a new account. */
const WIDTH = 6;
const PATIENCE_MS = 300_000;
const NAMESPACE_GONE_MS = 240_000;

/** Runs `droppod verify-aws`; returns whether nothing failed. */
export async function verify(options: VerifyOptions, tools: VerifyTools): Promise<boolean> {
  const { account, out } = tools;
  const chosen = choose(tools.assumptions, options);
  if (chosen.length === 0) throw new Refusal('nothing is left to prove', 2);
  const { account: id } = await account.identity().catch((error: unknown) => {
    throw new Refusal(`AWS does not know who calls (${reason(error)})`);
  });
  const isThere = await isDeployed(account);
  for (const line of planLines(chosen)) out(line);
  out(costLine(chosen.map(({ uses }) => uses)));
  out(isThere ? `the stack ${STACK} is used and stays` : `the stack ${STACK} is made for it`);
  await ask(options, tools, `account ${id} in ${account.region}`);
  if (!isThere) await tools.deploy();
  const rows: Row[] = [];
  try {
    rows.push(...(await proveIn(chosen, options, tools)));
  } finally {
    if (!isThere && options.keep !== true) rows.push(await destroyed(tools));
  }
  out('');
  for (const line of resultLines(rows)) out(line);
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ account: id, rows }, null, 2)}\n`);
  return rows.every(({ outcome }) => outcome !== 'failed');
}

/** Whether there is a usable stack. Remains of a failed first deployment do not count: the next one replaces them. */
async function isDeployed(account: Account): Promise<boolean> {
  const { status = 'DELETE_COMPLETE' } = (await account.stack(STACK)) ?? {};
  if (status.endsWith('_IN_PROGRESS'))
    throw new Refusal(`the stack ${STACK} is being changed (${status}): wait for its end`);
  return !/^(DELETE|ROLLBACK)_COMPLETE$/.test(status);
}

async function ask(
  { yes, keep }: VerifyOptions,
  { confirm }: VerifyTools,
  where: string,
): Promise<void> {
  if (yes === true) return;
  const end = keep === true ? 'What it makes stays.' : 'What it makes is deleted.';
  const said = await confirm(`Prove this in ${where}? ${end} [y/N] `);
  if (said === undefined)
    throw new Refusal('verify-aws asks: say --yes where nobody can answer', 2);
  if (!said) throw new Refusal('nothing was done');
}

/** Runs the proofs in a new namespace and deletes it afterwards. */
async function proveIn(
  chosen: Assumption[],
  options: VerifyOptions,
  tools: VerifyTools,
): Promise<Row[]> {
  const { account, aws, now, sleep, out } = tools;
  const stack = await account.stack(STACK);
  if (stack === undefined) throw new Refusal(`there is no stack ${STACK}`);
  const resources = await account.stackResources(stack.id);
  const deployment: Deployment = { outputs: stack.outputs, resources };
  const login = tools.login(deployment);
  const namespace = `droppod-verify-${tools.unique()}`;
  const labOf = (id: string): Lab =>
    new Lab({ id, namespace, login, aws, deployment, now, sleep, patienceMs: PATIENCE_MS });
  const lab = labOf('verify');
  await lab.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  try {
    return await proveAll(chosen, {
      labOf,
      width: WIDTH,
      isAws: tools.isAws,
      keep: options.keep === true,
      onRow: ({ outcome, id, text }) => out(`${outcome} ${id}: ${text}`),
    });
  } finally {
    if (options.keep === true) out(`kept: namespace ${namespace}`);
    else for (const name of [`${namespace}-more`, namespace]) await removeNamespace(lab, name, out);
  }
}

/** Only prints what prevents the deletion, so that the results are not lost. */
async function removeNamespace(lab: Lab, name: string, out: Say): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  try {
    await lab.exchange('DELETE', path);
    await lab.until(
      `the end of namespace ${name}`,
      async () => ((await lab.exchange('GET', path)).status === 404 ? true : undefined),
      NAMESPACE_GONE_MS,
    );
  } catch (error) {
    out(`not removed: namespace ${name}: ${reason(error)}`);
  }
}

/** Deletes the stack; the result is a row too. */
async function destroyed({ account, destroy, now }: VerifyTools): Promise<Row> {
  const begun = now();
  const row = { id: 'destroy', assumed: 'CloudFormation deletes all of the stack but its table' };
  const miss = await destroy().then(
    async () => {
      const left = await account.stack(STACK);
      const status = left?.status ?? 'DELETE_COMPLETE';
      return status === 'DELETE_COMPLETE' ? undefined : `the stack is ${status}`;
    },
    (error: unknown) => reason(error),
  );
  const seconds = Math.round((now() - begun) / 1000);
  return miss === undefined
    ? { ...row, seconds, outcome: 'passed', text: 'the stack is gone' }
    : { ...row, seconds, outcome: 'failed', text: miss };
}
