// Who may log in: two roles that principals of the account assume if IAM lets them, and principals by context.
// The ConfigMap aws-auth adds others.
import { Aws, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OPTIONAL_NAMES } from '../../src/aws/config.ts';
import type { Functions } from './functions.ts';

/** ARNs of users and roles (as `arn:…:iam::…`) by their rights. */
export interface Principals {
  admins?: string[];
  editors?: string[];
  viewers?: string[];
}

/** The groups that src/auth/default-roles.ts binds; a test compares the two. */
const GROUPS = {
  admins: 'system:masters',
  editors: 'droppod:edit',
  viewers: 'droppod:view',
} as const;

interface RoleMapping {
  rolearn: string;
  username: string;
  groups: string[];
}
interface UserMapping {
  userarn: string;
  username: string;
  groups: string[];
}

export class Access extends Construct {
  readonly administrator: Role;
  readonly viewer: Role;
  /** The audience that tokens are signed for; unique per installation, so that one installation's token is worthless at another. */
  readonly clusterId: string;
  constructor(
    scope: Construct,
    id: string,
    { functions, principals }: { functions: Functions; principals: Principals },
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    this.clusterId = `${stack.stackName}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
    const role = (name: string, description: string): Role =>
      new Role(this, name, { assumedBy: new AccountRootPrincipal(), description });
    // No permissions in AWS: assuming the role is all that a login needs.
    this.administrator = role('Administrator', `May do everything in ${stack.stackName}'s API`);
    this.viewer = role('Viewer', `May read in ${stack.stackName}'s API, no secrets`);
    const known = stack.toJsonString({
      mapRoles: [
        sessionsOf(this.administrator.roleArn, 'admin', GROUPS.admins),
        sessionsOf(this.viewer.roleArn, 'viewer', GROUPS.viewers),
        ...mappings(principals, 'role').map(([arn, group]) => sessionsOf(arn, arn, group)),
      ],
      mapUsers: mappings(principals, 'user').map(([arn, group]): UserMapping => ({
        userarn: arn,
        username: arn,
        groups: [group],
      })),
    });
    for (const front of [functions.all.api, functions.all.watch]) {
      front?.addEnvironment(OPTIONAL_NAMES.clusterId, this.clusterId);
      front?.addEnvironment(OPTIONAL_NAMES.principals, known);
    }
  }

  /** Commands that write a cluster, user and context into a kubeconfig and switch to it. */
  kubeconfigCommand(apiUrl: string): string {
    const id = this.clusterId;
    const token = ['eks', 'get-token', '--cluster-name', id, '--role-arn'];
    const args = ['--region', Aws.REGION, ...token, this.administrator.roleArn].join(',');
    return [
      `kubectl config set-cluster ${id} --server=${apiUrl}`,
      `kubectl config set-credentials ${id} --exec-api-version=client.authentication.k8s.io/v1beta1 --exec-command=aws --exec-arg=${args}`,
      `kubectl config set-context ${id} --cluster=${id} --user=${id}`,
      `kubectl config use-context ${id}`,
    ].join(' && ');
  }
}

const sessionsOf = (rolearn: string, name: string, group: string): RoleMapping => ({
  rolearn,
  username: `${name}:{{SessionName}}`,
  groups: [group],
});

/** Pairs of ARN and group; an ARN that cannot be a principal's is refused at synthesis. */
export function mappings(principals: Principals, kind: 'role' | 'user'): [string, string][] {
  return (Object.keys(GROUPS) as (keyof typeof GROUPS)[]).flatMap((who) =>
    (principals[who] ?? []).flatMap((arn): [string, string][] => {
      const found = /^arn:[\w-]+:iam::\d{12}:(role|user)\/\S+$/.exec(arn)?.[1];
      if (found === undefined)
        throw new Error(
          `context "${who}": ${arn} is no ARN of a role or user (arn:aws:iam::<account>:role/<name>)`,
        );
      return found === kind ? [[arn, GROUPS[who]]] : [];
    }),
  );
}
