// The stack without an AWS account: its content, its agreement with the sources, and that nothing costs by the hour.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Aspects } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { placeholder } from '../../cdk/constructs/machine.ts';
import { STEPS } from '../../cdk/constructs/functions.ts';
import type { DroppodStack } from '../../cdk/stack.ts';
import { NAMES, OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { LONGEST_CALL_MS, LONGEST_SWEEP_MS } from '../../src/steps/sweep/sweep-switch.ts';
import { testStack } from './stack.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

let template: Template;
let resources: Record<string, Resource>;
let stack: DroppodStack;

beforeAll(() => {
  stack = testStack({ context: { '@aws-cdk/aws-iam:minimizePolicies': true } });
  Aspects.of(stack).add(new AwsSolutionsChecks());
  template = Template.fromStack(stack);
  resources = template.toJSON()['Resources'] as Record<string, Resource>;
}, 120_000);

const ofType = (type: string): Resource[] =>
  Object.values(resources).filter(({ Type }) => Type === type);

describe('what stands in the template', () => {
  it.each([
    ['AWS::DynamoDB::GlobalTable', 1],
    ['AWS::StepFunctions::StateMachine', 1],
    ['AWS::ECS::Cluster', 1],
    ['AWS::EC2::VPC', 1],
    ['AWS::Lambda::Url', 3],
    ['AWS::CloudFront::Distribution', 1],
    ['AWS::Events::Rule', 3],
    ['AWS::IAM::OIDCProvider', 1],
  ])('%s: %i', (type, count) => expect(ofType(type)).toHaveLength(count));

  it('leaves out what an emulator lacks, and says to all functions what it has instead', () => {
    const without = ['AWS::EC2::SecurityGroupIngress', 'AWS::IAM::OIDCProvider'];
    const emulated = testStack(
      { context: { 'aws:cdk:bundling-stacks': [] } },
      {
        without,
        oidcProvider: false,
        distribution: false,
        streaming: false,
        mirrors: { 'docker.io': 'mirror.example/hub' },
        environment: { [OPTIONAL_NAMES.syncUrl]: 'https://proxy/' },
      },
    );
    const all = Template.fromStack(emulated);
    for (const type of without) all.resourceCountIs(type, 0);
    all.resourcePropertiesCountIs('AWS::Lambda::Url', { InvokeMode: 'BUFFERED' }, 2);
    const variables = {
      Variables: Match.objectLike({ [OPTIONAL_NAMES.syncUrl]: 'https://proxy/' }),
    };
    all.resourcePropertiesCountIs('AWS::Lambda::Function', { Environment: variables }, 9);
    const mirrors = { [OPTIONAL_NAMES.mirrors]: '{"docker.io":"mirror.example/hub"}' };
    const ofBind = { Variables: Match.objectLike(mirrors) };
    all.resourcePropertiesCountIs('AWS::Lambda::Function', { Environment: ofBind }, 1);
  });

  it('the functions are those of functions/, each with every variable that it needs', () => {
    const functions = ofType('AWS::Lambda::Function').filter(({ Properties }) =>
      JSON.stringify(Properties['Environment'] ?? {}).includes(NAMES.table),
    );
    expect(functions).toHaveLength(10);
    for (const { Properties } of functions) {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      expect(Object.keys(Variables)).toEqual(
        expect.arrayContaining(Object.values(NAMES).filter((name) => !name.startsWith('AWS_'))),
      );
    }
  });

  it('launch-pod hands the podlet image and the sync URL to tasks', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          DROPPOD_SYNC_URL: Match.anyValue(),
          [NAMES.podletImage]: Match.anyValue(),
        }),
      },
    });
  });

  it('the state machine is the document of the sources', () => {
    const [machine] = ofType('AWS::StepFunctions::StateMachine');
    const { DefinitionString, DefinitionSubstitutions } = machine?.Properties as {
      DefinitionString: unknown;
      DefinitionSubstitutions: Record<string, unknown>;
    };
    const source: unknown = parse(
      readFileSync(
        fileURLToPath(new URL('../../statemachines/pod.asl.yaml', import.meta.url)),
        'utf8',
      ),
    );
    expect(JSON.parse(String(DefinitionString))).toEqual(source);
    expect(Object.keys(DefinitionSubstitutions).sort()).toEqual(
      [...STEPS.map(placeholder), 'Revision'].sort(),
    );
  });
});

describe('a new revision of the state machine', () => {
  const sweepOf = (): Resource & { DependsOn?: string[] } =>
    ofType('AWS::Lambda::Function').find(({ Properties }) =>
      JSON.stringify(Properties['Environment'] ?? {}).includes(OPTIONAL_NAMES.machineRevision),
    )!;

  it('has one name in the document, which gives it to Bind, and in the environment of sweep, which hands pods over', () => {
    const [machine] = ofType('AWS::StepFunctions::StateMachine');
    const { Revision } = (
      machine?.Properties as { DefinitionSubstitutions: Record<string, unknown> }
    ).DefinitionSubstitutions;
    expect(Revision).toMatch(/^[0-9a-f]{16}$/);
    expect(
      (sweepOf().Properties['Environment'] as { Variables: Record<string, unknown> }).Variables[
        OPTIONAL_NAMES.machineRevision
      ],
    ).toBe(Revision);
  });

  it('is known to sweep only when the machine has it', () => {
    const machine = Object.keys(resources).find(
      (id) => resources[id]?.Type === 'AWS::StepFunctions::StateMachine',
    );
    expect(sweepOf().DependsOn).toContain(machine);
  });
});

describe('what wakes the controllers', () => {
  it('only what is marked for it invokes the controllers, and a batch that cannot be read holds nothing for long', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FilterCriteria: {
        Filters: [
          {
            Pattern: JSON.stringify({
              eventName: ['INSERT'],
              dynamodb: { NewImage: { wakes: { BOOL: [true] } } },
            }),
          },
        ],
      },
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 5,
    });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    });
  });
});

describe('what it costs and may do', () => {
  // Everything here is billed by use, or not at all. Look up a new type before adding it.
  const FREE_WHILE_IDLE = [
    'AWS::DynamoDB::GlobalTable',
    'AWS::StepFunctions::StateMachine',
    'AWS::Lambda::Function',
    'AWS::Lambda::Url',
    'AWS::Lambda::Permission',
    'AWS::Events::Rule',
    'AWS::Logs::LogGroup',
    'AWS::IAM::Role',
    'AWS::IAM::Policy',
    'AWS::IAM::OIDCProvider',
    'AWS::ECS::Cluster',
    'AWS::ECS::ClusterCapacityProviderAssociations',
    'AWS::EC2::VPC',
    'AWS::EC2::Subnet',
    'AWS::EC2::RouteTable',
    'AWS::EC2::Route',
    'AWS::EC2::SubnetRouteTableAssociation',
    'AWS::EC2::InternetGateway',
    'AWS::EC2::VPCGatewayAttachment',
    'AWS::EC2::SecurityGroup',
    'AWS::EC2::SecurityGroupIngress',
    'AWS::CDK::Metadata',
    // By request, the first millions of a month for nothing.
    'AWS::CloudFront::Distribution',
    'AWS::CloudFront::Function',
    // Lambda reads the stream for free, and a schedule is billed when it fires.
    'AWS::Lambda::EventSourceMapping',
    'AWS::Scheduler::ScheduleGroup',
    // The image's 47 MB cost half a cent a month.
    'AWS::ECR::Repository',
    'Custom::PodletImage',
  ];

  it('R5: no resource is paid by the hour', () => {
    expect(
      [...new Set(Object.values(resources).map(({ Type }) => Type))].filter(
        (type) => !FREE_WHILE_IDLE.includes(type),
      ),
    ).toEqual([]);
  });

  it('R5: no deployment stops the sweep under living pods: it is deployed enabled and rests by itself', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
    });
  });

  it('no function outlives what the switch of the sweep waits for', () => {
    const seconds = (id: RegExp): number[] =>
      Object.entries(resources)
        .filter(([name, { Type }]) => Type === 'AWS::Lambda::Function' && id.test(name))
        .map(([, { Properties }]) => Number(Properties['Timeout'] ?? 3));
    expect(Math.max(...seconds(/^Functions(api|sweep)/)) * 1_000).toBeLessThan(
      LONGEST_CALL_MS - 60_000,
    );
    expect(seconds(/^Functionssweep/)).toHaveLength(1);
    expect(Math.max(...seconds(/^Functionssweep/)) * 1_000).toBeLessThan(LONGEST_SWEEP_MS);
  });

  it('no policy gives every action, and every resource only where AWS knows none', () => {
    const statements = ofType('AWS::IAM::Policy').flatMap(
      ({ Properties }) =>
        (
          Properties['PolicyDocument'] as {
            Statement: { Action: string | string[]; Resource: unknown }[];
          }
        ).Statement,
    );
    const actions = (action: string | string[]): string[] =>
      Array.isArray(action) ? action : [action];
    expect(
      statements.flatMap(({ Action }) => actions(Action)).filter((action) => action.includes('*')),
    ).toEqual([]);
    const anywhere = statements
      .filter(({ Resource }) => Resource === '*')
      .flatMap(({ Action }) => actions(Action));
    expect(
      anywhere.filter(
        (action) =>
          !/^(dynamodb:ListStreams|ecs:(DescribeTaskDefinition|ListTasks)|ecr:GetAuthorizationToken|secretsmanager:ListSecrets|logs:|xray:)/.test(
            action,
          ),
      ),
    ).toEqual([]);
  });

  it('references never turn in a circle', () => {
    const dependsOn = ({ DependsOn = [] }: { DependsOn?: string[] }): string[] => DependsOn;
    const edges = new Map(
      Object.entries(resources).map(([id, resource]) => [
        id,
        [
          ...dependsOn(resource as object),
          ...[...JSON.stringify(resource).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/g)].map(
            ([, to]) => to ?? '',
          ),
        ],
      ]),
    );
    const done = new Set<string>();
    const visit = (id: string, trail: string[]): void => {
      expect(trail).not.toContain(id);
      if (done.has(id)) return;
      for (const to of edges.get(id) ?? []) visit(to, [...trail, id]);
      done.add(id);
    };
    for (const id of edges.keys()) visit(id, []);
  });

  // AwsSolutions rules that droppod deliberately breaks, each with its reason.
  const ACCEPTED: Record<string, string> = {
    'AwsSolutions-IAM5': 'tasks, executions and log streams have names that are made at run time',
    'AwsSolutions-VPC7': 'flow logs would cost while nothing runs',
    'AwsSolutions-ECS4': 'Container Insights would cost while nothing runs',
    'AwsSolutions-SF1': 'only faults are logged: every event is in the execution’s history',
    'AwsSolutions-SF2': 'tracing would cost per transition',
    'AwsSolutions-L1': 'the runtime is the newest that both SDK and bundler were tried with',
    'AwsSolutions-LambdaURL1': 'callers bring bearer tokens that the function itself checks',
    'AwsSolutions-CFR1': 'whoever may log in may do so anywhere',
    'AwsSolutions-CFR2': 'a firewall costs by the month',
    'AwsSolutions-CFR3': 'the API answers for its requests itself; a log would cost a bucket',
    'AwsSolutions-CFR4': 'CloudFront’s own name comes with its own rules of TLS',
    'AwsSolutions-EC23': 'only members of the group itself may come in',
  };

  it('cdk-nag finds nothing but what droppod decides otherwise', () => {
    const found = Annotations.fromStack(stack)
      .findError('*', Match.stringLikeRegexp('AwsSolutions-.*'))
      .map(({ entry }) => String(entry.data));
    expect(
      found.filter(
        (text) =>
          !Object.keys(ACCEPTED).some(
            (rule) => text.startsWith(`${rule}:`) || text.startsWith(`${rule}[`),
          ),
      ),
    ).toEqual([]);
  });
});
