// Maps AWS principals to users, in the form of EKS' ConfigMap kube-system/aws-auth. The stack's own roles are given in the same form.
import { jsYaml } from '../js-yaml.ts';
import { own } from '../own.ts';
import type { AwsPrincipal } from './aws-principal.ts';

interface Mapping {
  arn: string;
  /** May contain `{{…}}`; '' means the principal's ARN. */
  username: string;
  groups: string[];
}

export interface PrincipalMap {
  /** By lower-case ARN. */
  roles: ReadonlyMap<string, Mapping>;
  users: ReadonlyMap<string, Mapping>;
  /** Accounts whose principals are users named by their ARN, without groups. */
  accounts: ReadonlySet<string>;
  /** Entries that were ignored and why, for the log. */
  problems: string[];
}

export interface MappedUser {
  name: string;
  groups: string[];
}

/** Reads a ConfigMap's data, or lists in its place; an unusable entry is ignored and named in `problems`. */
export function parsePrincipalMap(data: { readonly [key: string]: unknown }): PrincipalMap {
  const problems: string[] = [];
  const listOf = (key: string, schema: SchemaName): unknown[] => {
    const list = listIn(own(data, key), schema);
    if (typeof list !== 'string') return list;
    problems.push(`${key} ${list}`);
    return [];
  };
  const mappingsOf = (key: string, arnName: string): Map<string, Mapping> => {
    const found = new Map<string, Mapping>();
    listOf(key, 'JSON_SCHEMA').forEach((entry, index) => {
      const mapping = mappingOf(entry, arnName);
      if (typeof mapping === 'string') problems.push(`${key}[${index}] ${mapping}`);
      else found.set(mapping.arn.toLowerCase(), mapping);
    });
    return found;
  };
  return {
    roles: mappingsOf('mapRoles', 'rolearn'),
    users: mappingsOf('mapUsers', 'userarn'),
    // Kept as text: a number would lose an account's leading zeros.
    accounts: new Set(listOf('mapAccounts', 'FAILSAFE_SCHEMA').map(String)),
    problems,
  };
}

type SchemaName = 'JSON_SCHEMA' | 'FAILSAFE_SCHEMA';

/** The list, or why it is not one. */
function listIn(text: unknown, schema: SchemaName): unknown[] | string {
  if (Array.isArray(text)) return text;
  if (typeof text !== 'string' || /^\s*(``|"")?\s*$/.test(text)) return [];
  try {
    const { load, [schema]: read } = jsYaml();
    const list: unknown = load(text, { schema: read });
    if (list === null || list === undefined) return [];
    return Array.isArray(list) ? list : 'is no list';
  } catch {
    return 'is no YAML';
  }
}

/** The entry, or what is wrong with it. Member names match in any case, as in Go's JSON. */
function mappingOf(entry: unknown, arnName: string): Mapping | string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is no mapping';
  const members: [string, unknown][] = Object.entries(entry);
  const member = (name: string): unknown =>
    members.find(([key]) => key.toLowerCase() === name)?.[1];
  const [arn, username = '', groups = []] = [
    member(arnName),
    member('username') ?? undefined,
    member('groups') ?? undefined,
  ];
  if (typeof arn !== 'string' || arn === '') return `has no ${arnName}`;
  if (typeof username !== 'string') return 'has a username that is no text';
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string'))
    return 'has groups that are no list of texts';
  return { arn, username, groups };
}

/** The principal's user by this map; undefined where it has none. `refused`: it is in the map and still has no valid name. */
export function mapPrincipal(
  { roles, users, accounts }: PrincipalMap,
  principal: AwsPrincipal,
): MappedUser | { refused: string } | undefined {
  const arn = principal.canonicalArn.toLowerCase();
  const mapping = roles.get(arn) ?? users.get(arn);
  if (mapping === undefined)
    return accounts.has(principal.account)
      ? { name: principal.canonicalArn, groups: [] }
      : undefined;
  const templates = [mapping.username || principal.canonicalArn, ...mapping.groups];
  // This template needs an instance's name from EC2, and no instance is a node here.
  if (templates.some((template) => template.includes('{{EC2PrivateDNSName}}')))
    return { refused: '{{EC2PrivateDNSName}} has no meaning: no EC2 instance is a node' };
  const [name = '', ...groups] = templates.map((template) => rendered(template, principal));
  return { name, groups };
}

const TEMPLATE = /\{\{(AccountID|SessionName|SessionNameRaw|AccessKeyID)\}\}/g;

/** Replaces in a single pass: a text that the caller has chosen (its session's name) must not act as a template. */
function rendered(template: string, { account, sessionName, accessKeyId }: AwsPrincipal): string {
  const values = new Map([
    ['AccountID', account],
    ['SessionName', sessionName.replaceAll('@', '-')],
    ['SessionNameRaw', sessionName],
    ['AccessKeyID', accessKeyId],
  ]);
  return template.replaceAll(TEMPLATE, (_, name: string) => values.get(name) ?? '');
}
