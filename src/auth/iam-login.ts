// Login with AWS credentials: STS says who signed the token, and the maps of principals say which user that is.
import { mapOf } from '../own.ts';
import { createHash } from 'node:crypto';
import type { Ports } from '../ports/ports.ts';
import type { Settings } from '../ports/settings.ts';
import { principalOf } from './aws-principal.ts';
import type { AwsPrincipal } from './aws-principal.ts';
import { CLUSTER_ID_HEADER, PREFIX, readLogin } from './presigned-login.ts';
import type { PresignedLogin } from './presigned-login.ts';
import { mapPrincipal, parsePrincipalMap } from './principal-map.ts';
import type { PrincipalMap } from './principal-map.ts';
import type { User } from './user.ts';

type LoginPorts = Pick<Ports, 'store' | 'clock' | 'settings' | 'sts' | 'log'>;

/** How many of STS's answers one API remembers; beyond that the oldest is dropped. */
const MAX_KNOWN = 1_000;
/** Refusals are remembered for a shorter time, and apart: a flood of forged tokens cannot drop real logins. */
const REFUSED_MS = 60_000;

const AWS_AUTH = { resource: 'configmaps', namespace: 'kube-system', name: 'aws-auth' };

interface Known {
  /** undefined: STS refused. */
  principal: AwsPrincipal | undefined;
  until: number;
}

interface Memory {
  logins: Map<string, Known>;
  refusals: Map<string, Known>;
  asking: Map<string, Promise<AwsPrincipal | undefined>>;
}

const memories = new WeakMap<object, Memory>();

function memoryOf(sts: object): Memory {
  const memory = memories.get(sts) ?? {
    logins: new Map<string, Known>(),
    refusals: new Map<string, Known>(),
    asking: new Map<string, Promise<AwsPrincipal | undefined>>(),
  };
  memories.set(sts, memory);
  return memory;
}

/** Whether the token is one of `aws eks get-token`, valid or not. */
export const isIamToken = (token: string): boolean => token.startsWith(PREFIX);

/** The user that the token's principal is mapped to; undefined where there is none. Throws Unavailable where STS does not answer. */
export async function iamLogin(ports: LoginPorts, token: string): Promise<User | undefined> {
  const { iam, region } = ports.settings;
  if (iam === undefined || ports.sts === undefined) return undefined;
  const login = readLogin(token, { region, now: ports.clock.now() });
  if ('problem' in login) return refuse(ports, `a token of aws eks get-token: ${login.problem}`);
  const principal = await identified({ ...ports, sts: ports.sts }, iam.clusterId, token, login);
  return principal && userOf(ports, iam, principal);
}

let lastRefusal = '';

/** Logs refusals for the API's operator, never for the caller; a flood of equal ones is logged once, to spare the disk. */
function refuse({ log }: Pick<Ports, 'log'>, reason: string): undefined {
  if (reason !== lastRefusal) log('warn', 'login refused', { reason });
  lastRefusal = reason;
  return undefined;
}

/** STS's answer; it is asked once per token and lifetime. */
async function identified(
  ports: LoginPorts & Required<Pick<Ports, 'sts'>>,
  clusterId: string,
  token: string,
  login: PresignedLogin,
): Promise<AwsPrincipal | undefined> {
  const memory = memoryOf(ports.sts);
  const now = ports.clock.now().getTime();
  const key = createHash('sha256').update(token).digest('base64');
  const known = memory.logins.get(key) ?? memory.refusals.get(key);
  if (known !== undefined && known.until > now) return known.principal;
  const asking = memory.asking.get(key) ?? askSts(ports, clusterId, login);
  memory.asking.set(key, asking);
  const principal = await asking.finally(() => memory.asking.delete(key));
  if (principal) remember(memory.logins, key, { principal, until: login.expires.getTime() });
  else remember(memory.refusals, key, { principal, until: now + REFUSED_MS });
  return principal;
}

function remember(known: Map<string, Known>, key: string, entry: Known): void {
  known.delete(key);
  known.set(key, entry);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
}

async function askSts(
  ports: Pick<Ports, 'log'> & Required<Pick<Ports, 'sts'>>,
  clusterId: string,
  { url, accessKeyId }: PresignedLogin,
): Promise<AwsPrincipal | undefined> {
  const answer = await ports.sts.callerIdentity(url, {
    [CLUSTER_ID_HEADER]: clusterId,
    accept: 'application/json',
  });
  if ('refused' in answer) return refuse(ports, `STS answered ${answer.refused}`);
  const principal = principalOf(answer, accessKeyId);
  return principal ?? refuse(ports, `${answer.arn} is no principal that may log in`);
}

async function userOf(
  ports: LoginPorts,
  iam: NonNullable<Settings['iam']>,
  principal: AwsPrincipal,
): Promise<User | undefined> {
  // The stack's own map comes first: no edit of the ConfigMap can lock its administrator out.
  const mapped =
    mapPrincipal(staticMap(iam), principal) ?? mapPrincipal(await awsAuth(ports), principal);
  if (mapped === undefined) return refuse(ports, `${principal.canonicalArn} is mapped to no user`);
  if ('refused' in mapped) return refuse(ports, `${principal.canonicalArn}: ${mapped.refused}`);
  return {
    name: mapped.name,
    uid: `aws-iam-authenticator:${principal.account}:${principal.userId}`,
    groups: [...new Set([...mapped.groups, 'system:authenticated'])],
    extra: extraOf(principal),
  };
}

function extraOf({ arn, canonicalArn, userId, sessionName, accessKeyId }: AwsPrincipal) {
  return {
    accessKeyId: [accessKeyId],
    arn: [arn],
    canonicalArn: [canonicalArn],
    principalId: [userId],
    sessionName: [sessionName],
  };
}

const parsed = new WeakMap<object, PrincipalMap>();

function staticMap({ principals }: NonNullable<Settings['iam']>): PrincipalMap {
  const known = parsed.get(principals) ?? parsePrincipalMap(principals);
  parsed.set(principals, known);
  return known;
}

const read = new WeakMap<object, { version: string; map: PrincipalMap }>();

/** The ConfigMap as it is now: a principal that was removed from it is locked out at once. */
async function awsAuth({ store, log }: LoginPorts): Promise<PrincipalMap> {
  const object = await store.get(AWS_AUTH);
  const version = `${object?.metadata.uid ?? ''} ${object?.metadata.resourceVersion ?? ''}`;
  const known = read.get(store);
  if (known?.version === version) return known.map;
  const map = parsePrincipalMap(mapOf(object?.['data']));
  for (const problem of map.problems)
    log('warn', 'an entry of ConfigMap kube-system/aws-auth is left out', { problem });
  read.set(store, { version, map });
  return map;
}
