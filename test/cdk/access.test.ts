// The first login: the stack's roles, what its API knows about them, and the printed kubeconfig.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { mappings } from '../../cdk/constructs/access.ts';
import type { Principals } from '../../cdk/constructs/access.ts';
import { authenticate } from '../../src/auth/authenticate.ts';
import { decide } from '../../src/auth/authorize.ts';
import { defaultRights } from '../../src/auth/defaults/default-objects.ts';
import { Policy } from '../../src/auth/rbac/policy.ts';
import type { Attributes } from '../../src/auth/rbac/policy-rule.ts';
import type { User } from '../../src/auth/user.ts';
import { issuerOf } from '../../src/auth/service-account-tokens.ts';
import { NAMES, readConfig } from '../../src/aws/config.ts';
import { kubectlPath } from '../e2e/kubectl.ts';
import { FakeSts, loginToken } from '../fakes/fake-sts.ts';
import { fakePorts, fakeSettings } from '../fakes/ports.ts';
import { ACCOUNT, REGION, resolve } from './resolve.ts';
import { testStack } from './stack.ts';
import type { Resources } from './resolve.ts';

const PRINCIPALS: Principals = {
  admins: [`arn:aws:iam::${ACCOUNT}:user/boss`],
  editors: [`arn:aws:iam::${ACCOUNT}:role/ci/Deployer`],
};

const DEFAULTS = new Policy(defaultRights());
const may = (user: User, attributes: Attributes): boolean =>
  decide(DEFAULTS, user, attributes).allowed;

let resources: Resources;
let outputs: Record<string, string>;

beforeAll(() => {
  const template = Template.fromStack(
    testStack({ context: { 'aws:cdk:bundling-stacks': [] } }, { principals: PRINCIPALS }),
  );
  const json = template.toJSON() as {
    Resources: Resources;
    Outputs: Record<string, { Value: unknown }>;
  };
  resources = json.Resources;
  outputs = Object.fromEntries(
    Object.entries(json.Outputs).map(([name, { Value }]) => [
      name,
      String(resolve(resources, Value)),
    ]),
  );
}, 120_000);

/** The environment of a function, by its file's name. */
function environment(name: string): Record<string, string> {
  const found = Object.entries(resources).filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(`Functions${name}`),
  );
  expect(found).toHaveLength(1);
  const { Variables } = found[0]?.[1].Properties['Environment'] as { Variables: object };
  return resolve(resources, Variables) as Record<string, string>;
}

it('R6: the roles give nothing in AWS and may be assumed in the account alone', () => {
  for (const arn of [outputs['AdministratorRoleArn'], outputs['ViewerRoleArn']]) {
    const id = arn?.split('/').at(-1) ?? '';
    expect(resolve(resources, resources[id]?.Properties)).toEqual({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRole',
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
          },
        ],
        Version: '2012-10-17',
      },
      Description: expect.any(String) as string,
    });
    const attached = Object.values(resources).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' && JSON.stringify(Properties['Roles']).includes(id),
    );
    expect(attached).toEqual([]);
  }
});

it('R6: whoever may assume a role is in the API what the role says, and nobody else is anybody', async () => {
  const names = Object.fromEntries(Object.values(NAMES).map((name) => [name, 'x']));
  const { clusterId, principals } = readConfig({ ...names, ...environment('api') });
  expect(clusterId).toBe(outputs['ClusterId']);
  const ports = fakePorts({ settings: { iam: { clusterId, principals } } });
  const sts = new FakeSts(ports.clock);
  const login = async (arn: string, userId: string) => {
    const key = { accessKeyId: `ASIA${arn.length}`, secretAccessKey: arn };
    sts.add(key, { arn, account: ACCOUNT, userId });
    const token = await loginToken(key, {
      clusterId,
      signingDate: ports.clock.now(),
      region: REGION,
    });
    const headers = { authorization: `Bearer ${token}` };
    return authenticate({ ...ports, sts }, new Request('https://api/', { headers }));
  };
  const session = (role: string | undefined) =>
    login(
      `arn:aws:sts::${ACCOUNT}:assumed-role/${role?.slice(role.indexOf('role/') + 5)}/me`,
      'AROA:me',
    );
  const secrets = {
    verb: 'list',
    group: '',
    resource: 'secrets',
    subresource: '',
    namespace: 'default',
    name: '',
  };
  const pods = { ...secrets, resource: 'pods' };
  const creation = { ...pods, verb: 'create' };

  const admin = await session(outputs['AdministratorRoleArn']);
  expect(admin).toMatchObject({
    name: 'admin:me',
    groups: ['system:masters', 'system:authenticated'],
  });
  const viewer = await session(outputs['ViewerRoleArn']);
  expect(viewer.name).toBe('viewer:me');
  expect([pods, secrets, creation].map((request) => may(viewer, request))).toEqual([
    true,
    false,
    false,
  ]);
  const editor = await session(PRINCIPALS.editors?.[0]);
  expect([pods, secrets, creation].map((request) => may(editor, request))).toEqual([
    true,
    true,
    true,
  ]);
  const boss = await login(PRINCIPALS.admins?.[0] ?? '', 'AIDA');
  expect(may(boss, { ...creation, resource: 'namespaces' })).toBe(true);
  await expect(session('role/Other')).rejects.toThrow('Unauthorized');
});

it('only the fronts are configured to read keys', () => {
  const names = [
    'api',
    'sync',
    'watch',
    'bindpod',
    'launchpod',
    'startcontainer',
    'finishpod',
    'observe',
  ];
  const holders = [...names, 'sweep'].filter(
    (name) => environment(name)['DROPPOD_HOLDS_KEYS'] === 'true',
  );
  expect(holders).toEqual(['api', 'sync', 'watch']);
});

it('R6: only the API and its streams know who may log in', () => {
  expect(environment('watch')).toMatchObject({
    DROPPOD_CLUSTER_ID: environment('api')['DROPPOD_CLUSTER_ID'],
    DROPPOD_PRINCIPALS: environment('api')['DROPPOD_PRINCIPALS'],
  });
  for (const name of ['sync', 'observe', 'sweep', 'bindpod'])
    expect(
      Object.keys(environment(name)).filter((key) => /CLUSTER_ID|PRINCIPALS/.test(key)),
    ).toEqual([]);
});

it.each([
  ['arn:aws:sts::000000000000:assumed-role/R/session'],
  ['arn:aws:iam::000000000000:group/g'],
  ['me@example.org'],
])('R6: %s in the context is refused at synthesis', (arn) =>
  expect(() => mappings({ viewers: [arn] }, 'role')).toThrow('is no ARN of a role or user'),
);

it('R6: AWS IAM trusts the issuer that tokens name, whichever function makes or proves them', () => {
  const provider = Object.values(resources).find(({ Type }) => Type === 'AWS::IAM::OIDCProvider');
  const trusted = resolve(resources, provider?.Properties) as { Url: string };
  const names = Object.fromEntries(Object.values(NAMES).map((name) => [name, 'x']));
  const issuer = (name: string): string => {
    const { apiUrl, issuerUrl } = readConfig({ ...names, ...environment(name) });
    const own = issuerUrl === '' ? {} : { issuer: new URL(issuerUrl).origin };
    return issuerOf({
      settings: fakeSettings({ mode: 'aws', apiHost: new URL(apiUrl).hostname, ...own }),
    });
  };
  expect(trusted).toEqual({ Url: issuer('sync'), ClientIdList: ['sts.amazonaws.com'] });
  expect(issuer('watch')).toBe(trusted.Url);
  // The API reads its own from the request: the name that CloudFront calls it by.
  const front = Object.values(resources).find(
    ({ Type }) => Type === 'AWS::CloudFront::Distribution',
  );
  const { DistributionConfig } = resolve(resources, front?.Properties) as {
    DistributionConfig: { Origins: { Id: string; DomainName: string }[] };
  };
  const api = DistributionConfig.Origins.find(({ Id }) => Id === 'api');
  expect(`https://${api?.DomainName}`).toBe(trusted.Url);
});

it('pods and clients call the one address that leads their streams elsewhere', () => {
  expect(environment('sync')['DROPPOD_API_URL']).toBe(outputs['ApiUrl']);
  expect(outputs['ApiUrl']).toMatch(/^https:\/\/.*DomainName$/);
});

it('R6: the output Kubeconfig, run with stock kubectl, makes a kubeconfig that logs in as the administrator', () => {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-kubeconfig-'));
  const env = {
    ...process.env,
    KUBECONFIG: join(directory, 'config'),
    PATH: `${dirname(kubectlPath())}:${process.env['PATH']}`,
  };
  try {
    execFileSync('sh', ['-c', outputs['Kubeconfig'] ?? 'false'], { env });
    const view = execFileSync('kubectl', ['config', 'view', '--raw', '--minify', '-o', 'json'], {
      env,
    });
    const { clusters, users } = JSON.parse(view.toString()) as {
      clusters: { cluster: object }[];
      users: { user: { exec: object } }[];
    };
    expect(clusters[0]?.cluster).toEqual({ server: outputs['ApiUrl'] });
    expect(users[0]?.user.exec).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: 'aws',
      args: [
        '--region',
        REGION,
        'eks',
        'get-token',
        '--cluster-name',
        outputs['ClusterId'],
        '--role-arn',
        outputs['AdministratorRoleArn'],
      ],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
