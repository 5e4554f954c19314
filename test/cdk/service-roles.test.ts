// The roles beside those of a pod's functions: the machine's, the scheduler's, and that of the function which fills the repository. They
// are judged in the same way: all that they do is allowed, and nothing else.
import { readFileSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { awsDueTimes } from '../../src/aws/due-times.ts';
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import {
  putImage,
  type ImageClients,
  type ImageProperties,
} from '../../src/aws/deployment/put-image.ts';
import { OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { placeholder } from '../../cdk/constructs/machine.ts';
import { STEPS } from '../../cdk/constructs/functions.ts';
import { ScriptedRegistry } from '../fakes/scripted-registry.ts';
import type { Asked } from './actions.ts';
import { judge } from './judge.ts';
import { policiesOf } from './policies.ts';
import { ACCOUNT, REGION, resolve, type Resources } from './resolve.ts';
import { smallLayout, testStack } from './stack.ts';

let resources: Resources;
const layout = smallLayout();

beforeAll(() => {
  const stack = testStack({ context: { 'aws:cdk:bundling-stacks': [] } }, { podlet: { layout } });
  resources = (Template.fromStack(stack).toJSON() as { Resources: Resources }).Resources;
}, 240_000);

/** The resource of a type whose logical id matches. */
function found(type: string, id: RegExp): Record<string, unknown> {
  const all = Object.entries(resources).filter(
    ([name, { Type }]) => Type === type && id.test(name),
  );
  expect(all).toHaveLength(1);
  return resolve(resources, all[0]?.[1].Properties) as Record<string, unknown>;
}

async function expectExact(role: RegExp, asked: Asked[]): Promise<void> {
  const { refused, unusedActions, unusedStatements } = await judge(
    policiesOf(resources, role),
    asked,
  );
  expect({ refused, unusedActions, unusedStatements }).toEqual({
    refused: [],
    unusedActions: [],
    unusedStatements: [],
  });
}

const on = (action: string, resource: string): Asked => ({ action, resource, context: {} });

/** The calls by which Step Functions has its log delivered; IAM knows no resource for them. */
const DELIVERY = [
  ...['CreateLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'DeleteLogDelivery'],
  ...['ListLogDeliveries', 'PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups'],
];

it('the machine invokes the functions that its document names, and has its faults logged', async () => {
  const source = readFileSync(new URL('../../statemachines/pod.asl.yaml', import.meta.url), 'utf8');
  const named = [...source.matchAll(/FunctionName: \$\{(\w+)\}/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set(STEPS.map(placeholder)));
  const { DefinitionSubstitutions } = found('AWS::StepFunctions::StateMachine', /^Machine/) as {
    DefinitionSubstitutions: Record<string, string>;
  };
  await expectExact(/^MachinePodRole/, [
    ...named.map((name = '') => on('lambda:InvokeFunction', DefinitionSubstitutions[name] ?? '')),
    ...DELIVERY.map((action) => on(`logs:${action}`, '*')),
  ]);
});

it('the scheduler invokes what the schedules name, by the role that they name', async () => {
  const [, reconcile] =
    Object.entries(resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('Functionsreconcile'),
    ) ?? [];
  const { Variables } = resolve(resources, reconcile?.Properties['Environment']) as {
    Variables: Record<string, string>;
  };
  const { scheduler } = createClients({
    region: REGION,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  let target: { Arn?: string; RoleArn?: string } = {};
  scheduler.middlewareStack.add(
    (() => (args: { input: { Target: typeof target } }) => {
      target = args.input.Target;
      return Promise.resolve({ output: {}, response: {} });
    }) as never,
    { step: 'initialize', name: 'note' },
  );
  await awsDueTimes({
    client: scheduler,
    clock: systemClock,
    target: Variables[OPTIONAL_NAMES.dueTarget] ?? '',
    role: Variables[OPTIONAL_NAMES.dueRole] ?? '',
    group: Variables[OPTIONAL_NAMES.dueGroup] ?? '',
  }).wakeAt('id', new Date(), {});
  expect(target.RoleArn).toMatch(/role\/DueTimesRole/);
  expect(target.Arn).toBe(
    `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${String(reconcile?.Properties['FunctionName'])}`,
  );
  await expectExact(/^DueTimesRole/, [on('lambda:InvokeFunction', target.Arn ?? '')]);
});

/** The action that ECR checks for a request to the registry's API, by its documentation of a push. */
const RIGHTS: [method: string, path: RegExp, actions: string[]][] = [
  ['HEAD', /\/blobs\//, ['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer']],
  ['POST', /\/blobs\/uploads\//, ['InitiateLayerUpload']],
  ['PATCH', /./, ['UploadLayerPart']],
  ['PUT', /\/manifests\//, ['PutImage', 'BatchGetImage']],
  ['PUT', /./, ['CompleteLayerUpload']],
];

it('the repository is filled from the assets alone, and no other is reached', async () => {
  const properties = found('Custom::PodletImage', /^PodletImage/) as unknown as ImageProperties;
  const asked: Asked[] = [];
  const s3 = ({ input }: { input: { Bucket: string; Key: string } }) => {
    asked.push(on('s3:GetObject', `arn:aws:s3:::${input.Bucket}/${input.Key}`));
    const { Digest } = [...properties.Blobs, ...properties.Manifests].find(
      ({ Key }) => Key === input.Key,
    )!;
    const content = readFileSync(`${layout}/blobs/${Digest.replace(':', '/')}`);
    return Promise.resolve({ Body: { transformToByteArray: () => Promise.resolve(content) } });
  };
  const ecr = () => {
    asked.push(on('ecr:GetAuthorizationToken', '*'));
    const authorizationToken = Buffer.from('AWS:password').toString('base64');
    return Promise.resolve({ authorizationData: [{ authorizationToken }] });
  };
  const registry = new ScriptedRegistry();
  const clients = { s3: { send: s3 }, ecr: { send: ecr } } as unknown as ImageClients;
  const clock = { sleep: () => Promise.resolve() };
  const RepositoryUri = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/podlet`;
  await putImage(clients, { fetch: registry.fetch, clock }, { ...properties, RepositoryUri });
  const [repository = ''] = Object.keys(resources).filter(
    (id) => resources[id]?.Type === 'AWS::ECR::Repository',
  );
  const arn = String(resolve(resources, { 'Fn::GetAtt': [repository, 'Arn'] }));
  const pushed = registry.requests.flatMap(({ method, url }) => {
    const rights = RIGHTS.find(([verb, path]) => verb === method && path.test(String(url)));
    expect([method, url, rights !== undefined]).toEqual([method, url, true]);
    return rights?.[2] ?? [];
  });
  const [logs = ''] = Object.keys(resources).filter((id) => id.startsWith('Podletputimagelogs'));
  const writesLog = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) =>
    on(action, `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logs}:log-stream:1`),
  );
  const all = [...asked, ...pushed.map((action) => on(`ecr:${action}`, arn)), ...writesLog];
  await expectExact(/^Podletputimagerole/, all);
  const elsewhere = all
    .filter(({ resource }) => resource !== '*')
    .map((request) => ({
      ...request,
      resource: request.resource
        .replace(/^arn:aws:s3:::.*/, 'arn:aws:s3:::another/key')
        .replace(repository, 'another')
        .replace(logs, 'another'),
    }));
  const { refused } = await judge(policiesOf(resources, /^Podletputimagerole/), elsewhere);
  expect(new Set(refused.map(({ action }) => action))).toEqual(
    new Set(elsewhere.map(({ action }) => action)),
  );
});

it('no other role is in the stack', () => {
  const judged = /^(Functions|ClusterExecutionRole|MachinePodRole|DueTimesRole|Podletputimagerole)/;
  // These two may do nothing in AWS: access.test.ts.
  const logins = /^Access(Administrator|Viewer)/;
  expect(
    Object.keys(resources).filter(
      (id) => resources[id]?.Type === 'AWS::IAM::Role' && !judged.test(id) && !logins.test(id),
    ),
  ).toEqual([]);
});
