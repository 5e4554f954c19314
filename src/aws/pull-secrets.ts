// The PullSecrets port on Secrets Manager: one secret per credential content, named by a keyed hash, so that its name reveals nothing.
import { createHmac } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { Unavailable } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { PullSecrets } from '../ports/pull-secrets.ts';
import { orRefusal } from './refusal.ts';
import { present } from '../present.ts';

export interface PullSecretsOptions {
  client: SecretsManagerClient;
  clock: Pick<Clock, 'now'>;
  /** The prefix of the names, to which grants apply. */
  prefix: string;
  /** Key of the hash in the names (base64), read when a name is needed: only one function may read it. */
  key: () => Promise<string>;
}

/** A secret may be updated about every ten minutes without filling its list of versions. */
const TOUCH_MS = 10 * 60_000;
/** After this time without use, no starting task can still depend on it. */
const UNUSED_MS = 30 * 60_000;

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;

/** The secrets of one installation. Each costs by the month, so they are deleted when no pod lives. */
export function awsPullSecrets(options: PullSecretsOptions): PullSecrets {
  const { client, clock } = options;
  const known = new Map<string, { arn: string; at: number }>();
  return {
    async keep({ username, password }) {
      const content = JSON.stringify({ username, password });
      const key = Buffer.from(await options.key(), 'base64');
      const name = `${options.prefix}${createHmac('sha256', key).update(content).digest('hex').slice(0, 32)}`;
      const at = clock.now().getTime();
      const kept = known.get(name);
      if (kept && at - kept.at < TOUCH_MS) return { arn: kept.arn };
      const answer = await orRefusal(touchOrCreate(client, name, content, at));
      if ('arn' in answer) known.set(name, { arn: answer.arn, at });
      return answer;
    },
    async clear() {
      known.clear();
      const before = clock.now().getTime() - UNUSED_MS;
      const all = await list(client, options.prefix);
      const unused = all.filter(({ changedAt }) => changedAt < before);
      for (const { arn } of unused)
        await client.send(
          new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }),
        );
      return all.length - unused.length;
    },
  };
}

async function touchOrCreate(
  client: SecretsManagerClient,
  name: string,
  content: string,
  at: number,
): Promise<{ arn: string }> {
  return {
    arn: (await touch(client, name, content, at)) ?? (await create(client, name, content)),
  };
}

/** Marks the secret as used; undefined: it does not exist. */
async function touch(
  client: SecretsManagerClient,
  name: string,
  content: string,
  now: number,
): Promise<string | undefined> {
  try {
    const { ARN, LastChangedDate } = await client.send(
      new DescribeSecretCommand({ SecretId: name }),
    );
    if (LastChangedDate && now - LastChangedDate.getTime() < TOUCH_MS) return ARN;
    return (await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: content })))
      .ARN;
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined;
    // A deletion that is still in progress completes by itself.
    if (isNamed(error, 'InvalidRequestException'))
      throw new Unavailable('a pull secret is being deleted', { cause: error });
    throw error;
  }
}

async function create(
  client: SecretsManagerClient,
  name: string,
  content: string,
): Promise<string> {
  try {
    const { ARN } = await client.send(
      new CreateSecretCommand({
        Name: name,
        SecretString: content,
        Description: 'droppod: credential of a registry',
      }),
    );
    return ARN ?? name;
  } catch (error) {
    if (!isNamed(error, 'ResourceExistsException') && !isNamed(error, 'InvalidRequestException'))
      throw error;
    throw new Unavailable('a pull secret is being made or deleted', { cause: error });
  }
}

async function list(
  client: SecretsManagerClient,
  prefix: string,
): Promise<{ arn: string; changedAt: number }[]> {
  const found: { arn: string; changedAt: number }[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListSecretsCommand({
        Filters: [{ Key: 'name', Values: [prefix] }],
        MaxResults: 100,
        ...present({ NextToken }),
      }),
    );
    for (const { ARN, Name, LastChangedDate } of page.SecretList ?? []) {
      // The filter matches words, not the exact prefix.
      if (ARN !== undefined && Name?.startsWith(prefix))
        found.push({ arn: ARN, changedAt: LastChangedDate?.getTime() ?? 0 });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}
