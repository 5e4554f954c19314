// A caller's identity in AWS, in the form that maps of principals use (aws-iam-authenticator's rules).
import type { CallerIdentity } from '../ports/sts.ts';
import { isPartition } from './sts-hosts.ts';

export interface AwsPrincipal {
  arn: string;
  /** For an assumed role the role's own ARN; for anything else the ARN itself. */
  canonicalArn: string;
  account: string;
  /** The unique id of the role or user. */
  userId: string;
  /** The session's name; '' where no role was assumed. */
  sessionName: string;
  accessKeyId: string;
}

/** The principal of an ARN; undefined unless it is an account, a user, a role, a session or a federated user. */
export function principalOf(
  { arn, account, userId }: CallerIdentity,
  accessKeyId: string,
): AwsPrincipal | undefined {
  const canonicalArn = canonicalArnOf(arn);
  if (canonicalArn === undefined) return undefined;
  const whole = { arn, canonicalArn, account, accessKeyId };
  if (!/^arn:[^:]+:(sts::\d*:assumed-role|iam::\d*:role)\//.test(arn))
    return { ...whole, userId, sessionName: '' };
  const [id = '', sessionName, ...more] = userId.split(':');
  return sessionName === undefined || more.length > 0
    ? undefined
    : { ...whole, userId: id, sessionName };
}

/** Turns `arn:…:sts::1:assumed-role/path/R/session` into `arn:…:iam::1:role/path/R`. */
export function canonicalArnOf(arn: string): string | undefined {
  const parts = /^arn:([\w-]+):(iam|sts):([^:]*):([^:]*):(.+)$/.exec(arn);
  if (parts === null) return undefined;
  const [, partition = '', service, , account = '', resource = ''] = parts;
  if (!isPartition(partition)) return undefined;
  const [kind = '', ...names] = resource.split('/');
  if (service === 'iam') return ['role', 'user', 'root'].includes(kind) ? arn : undefined;
  if (kind === 'federated-user') return arn;
  return kind === 'assumed-role' && names.length > 1
    ? `arn:${partition}:iam::${account}:role/${names.slice(0, -1).join('/')}`
    : undefined;
}
