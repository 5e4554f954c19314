// The podlet image in the stack: the custom resource's properties, its function's permissions, and a deployment's choices.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { readChoices } from '../../cdk/choices.ts';
import type { DroppodProps } from '../../cdk/stack.ts';
import { NAMES } from '../../src/aws/config.ts';
import { smallLayout, testStack } from './stack.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string[];
  DeletionPolicy?: string;
}

interface Content {
  Digest: string;
  Bucket: unknown;
  Key: string;
  MediaType?: string;
}

const synthesized = (props: Partial<DroppodProps> = {}): Record<string, Resource> =>
  Template.fromStack(testStack({ context: { 'aws:cdk:bundling-stacks': [] } }, props)).toJSON()[
    'Resources'
  ] as Record<string, Resource>;
const ofType = (resources: Record<string, Resource>, type: string): [string, Resource][] =>
  Object.entries(resources).filter(([, { Type }]) => Type === type);

describe('the image that is put together at synth', () => {
  const layout = smallLayout(['amd64', 'arm64']);
  const resources = synthesized({ podlet: { layout } });
  const [[, image] = []] = ofType(resources, 'Custom::PodletImage');
  const { Blobs, Manifests } = image?.Properties as { Blobs: Content[]; Manifests: Content[] };

  it('reaches the function blob by blob, each once, manifests after what they name and the index last', () => {
    const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    expect(Manifests.map(({ MediaType }) => MediaType?.split('.').at(-2))).toEqual([
      'manifest',
      'manifest',
      'index',
    ]);
    expect(Manifests.at(-1)?.Digest).toBe(manifests[0]?.digest);
    // A shared layer, and a layer and a configuration of each architecture.
    expect(Blobs).toHaveLength(5);
    expect(new Set(Blobs.map(({ Digest }) => Digest)).size).toBe(5);
  });

  it('its function may read these objects and fill this repository, nothing else', () => {
    const statements = ofType(resources, 'AWS::IAM::Policy')
      .filter(([id]) => id.startsWith('Podlet'))
      .flatMap(
        ([, { Properties }]) =>
          (
            Properties['PolicyDocument'] as {
              Statement: { Action: string | string[]; Resource: unknown }[];
            }
          ).Statement,
      );
    const reading = statements.filter(({ Action }) => Action === 's3:GetObject');
    const keys = [...Blobs, ...Manifests].map(({ Key }) => Key);
    const readable = JSON.stringify(reading.map(({ Resource }) => Resource));
    expect(keys.filter((key) => !readable.includes(`/${key}"`))).toEqual([]);
    expect(readable.match(/"\/[0-9a-f.]{64,}"/g)).toHaveLength(keys.length);
    expect(readable).not.toContain('*');
    const rest = statements.filter((statement) => !reading.includes(statement));
    expect(rest.map(({ Resource }) => Resource)).toEqual([
      { 'Fn::GetAtt': [ofType(resources, 'AWS::ECR::Repository')[0]?.[0], 'Arn'] },
      '*',
    ]);
    expect(rest[1]?.Action).toBe('ecr:GetAuthorizationToken');
    expect(rest[0]?.Action).not.toContain('ecr:GetAuthorizationToken');
  });

  it('is not filled before the function may, and goes with the stack', () => {
    const [policy] = ofType(resources, 'AWS::IAM::Policy').filter(([id]) =>
      id.startsWith('Podlet'),
    );
    expect(image?.DependsOn).toContain(policy?.[0]);
    const [[, repository] = []] = ofType(resources, 'AWS::ECR::Repository');
    expect(repository).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { EmptyOnDelete: true },
    });
  });

  it('launch-pod runs what the repository was given, by digest', () => {
    const images = ofType(resources, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
      const environment = Properties['Environment'] as
        { Variables: Record<string, unknown> } | undefined;
      const value = environment?.Variables[NAMES.podletImage];
      return value === undefined ? [] : [value];
    });
    expect(images).toHaveLength(10);
    expect(new Set(images.map((value) => JSON.stringify(value)))).toEqual(
      new Set([
        JSON.stringify({ 'Fn::GetAtt': [ofType(resources, 'Custom::PodletImage')[0]?.[0], 'Uri'] }),
      ]),
    );
  });
});

it('an image of the user’s own needs neither repository nor function', () => {
  const resources = synthesized({ podlet: { image: 'registry.example/podlet@sha256:1' } });
  expect(ofType(resources, 'AWS::ECR::Repository')).toEqual([]);
  expect(ofType(resources, 'Custom::PodletImage')).toEqual([]);
  expect(JSON.stringify(resources)).toContain('"registry.example/podlet@sha256:1"');
});

it('a layout that holds no image is an error of the synthesis', () => {
  expect(() => synthesized({ podlet: { layout: '/nowhere' } })).toThrow('/nowhere/index.json');
});

describe('capacity', () => {
  const TYPE = 'AWS::ECS::ClusterCapacityProviderAssociations';
  const variables = (resources: Record<string, Resource>): string[] =>
    ofType(resources, 'AWS::Lambda::Function').map(([, { Properties }]) =>
      JSON.stringify(Properties['Environment'] ?? {}),
    );

  it('on demand needs no association, which a first deployment of an account would race', () => {
    const resources = synthesized();
    expect(ofType(resources, TYPE)).toEqual([]);
    expect(variables(resources).join()).toContain('"DROPPOD_CAPACITY":"on-demand"');
  });

  it('spot associates Fargate Spot, and the functions know', () => {
    const resources = synthesized({ capacity: 'spot', architectures: ['arm64'] });
    expect(JSON.stringify(ofType(resources, TYPE))).toContain('FARGATE_SPOT');
    expect(variables(resources).join()).toContain('"DROPPOD_CAPACITY":"spot"');
    expect(variables(resources).join()).toContain('"DROPPOD_ARCHITECTURES":"arm64"');
  });
});

it('the table outlives the stack, but not a deployment that failed to make it', () => {
  const [[, table] = []] = ofType(synthesized(), 'AWS::DynamoDB::GlobalTable');
  expect(table?.DeletionPolicy).toBe('RetainExceptOnCreate');
});

describe('what a deployment chooses', () => {
  const choices = (context: Record<string, unknown>) => readChoices((name) => context[name]);

  it.each([
    [{}, { architectures: ['amd64'], capacity: 'on-demand', vpcId: undefined, image: undefined }],
    [{ architecture: 'arm64,amd64' }, { architectures: ['arm64', 'amd64'] }],
    [
      { capacity: 'spot', vpc: 'vpc-0a1b' },
      { capacity: 'spot', vpcId: 'vpc-0a1b' },
    ],
    [{ podletImage: 'r.example/p@sha256:1' }, { image: 'r.example/p@sha256:1' }],
    [
      { admins: 'arn:a, arn:b', viewers: ['arn:c'] },
      { principals: { admins: ['arn:a', 'arn:b'], editors: [], viewers: ['arn:c'] } },
    ],
    [
      { mirrors: '{"docker.io":"m.example:5000/hub"}' },
      { mirrors: { 'docker.io': 'm.example:5000/hub' } },
    ],
    [{ mirrors: { 'quay.io': 'm.example' } }, { mirrors: { 'quay.io': 'm.example' } }],
  ])('%j', (context, expected) => expect(choices(context)).toMatchObject(expected));

  it.each([
    'docker.io',
    { 'docker.io': 1 },
    { 'docker.io': 'https://m.example' },
    { 'docker.io': 'docker.io/other' },
    { 'docker.io': 'm.example/Hub' },
    { hub: 'm.example' },
  ])('no mirrors are %j', (mirrors) =>
    expect(() => choices({ mirrors })).toThrow(/^context is refused: .*mirrors/),
  );

  it('everything that does not fit is refused at once', () => {
    const wrong = { vpc: 'default', architecture: 'x86', capacity: 1, podletImage: 'podlet' };
    expect(() => choices(wrong)).toThrow(
      /^context is refused: vpc=default .*; podletImage=podlet .*; architecture=x86 .*; capacity=1 /,
    );
  });
});
