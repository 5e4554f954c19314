// The kubeconfig of a deployment: whoever may assume the administrator's role can log in with it; the file holds no secret.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from '../place.ts';

export interface Login {
  server: string;
  /** The audience that tokens are signed for. */
  clusterId: string;
  roleArn: string;
  region: string;
  /** AWS_PROFILE of the deployment; its credentials assume the role. */
  profile?: string | undefined;
}

/** Reads the login from the stack's outputs, which cdk/stack.ts names. */
export function loginOf(
  outputs: ReadonlyMap<string, string>,
  region: string,
  profile: string | undefined,
): Login {
  const output = (name: string): string => {
    const value = outputs.get(name);
    if (!value) throw new Refusal(`the stack has no output ${name}: deploy again`);
    return value;
  };
  return {
    server: output('ApiUrl').replace(/\/$/, ''),
    clusterId: output('ClusterId'),
    roleArn: output('AdministratorRoleArn'),
    region,
    profile,
  };
}

/** Writes it, replacing an existing file. */
export function writeKubeconfig(path: string, login: Login): void {
  const { server, clusterId, roleArn, region, profile } = login;
  const args = ['--region', region, 'eks', 'get-token', '--cluster-name', clusterId];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: clusterId, cluster: { server } }],
    users: [
      {
        name: clusterId,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command: 'aws',
            args: [...args, '--role-arn', roleArn, '--output', 'json'],
            interactiveMode: 'IfAvailable',
            ...(profile ? { env: [{ name: 'AWS_PROFILE', value: profile }] } : {}),
          },
        },
      },
    ],
    contexts: [
      {
        name: clusterId,
        context: { cluster: clusterId, user: clusterId, namespace: 'default' },
      },
    ],
    'current-context': clusterId,
  };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
