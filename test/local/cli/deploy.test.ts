// deploy and destroy against an HTTP account with the real SDK: what they check, create, run, write, delete and keep.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAccount } from '../../../local/compose/aws-account.ts';
import type { DeployOptions } from '../../../local/cli/deploy/choices.ts';
import { deploy } from '../../../local/cli/deploy/deploy.ts';
import { destroy } from '../../../local/cli/deploy/destroy.ts';
import { AwsFault, FakeAws, type AccountState } from '../../fakes/fake-aws.ts';

const OUTPUTS = {
  ApiUrl: 'https://abc.lambda-url.us-east-1.on.aws/',
  ClusterId: 'Droppod-000000000000-us-east-1',
  AdministratorRoleArn: 'arn:aws:iam::000000000000:role/Droppod-Administrator',
};
const RESOURCES = [
  { type: 'AWS::Lambda::Function', id: 'Droppod-Functionsapi-1' },
  { type: 'AWS::Lambda::Function', id: 'Droppod-Functionssync-1' },
  { type: 'AWS::Lambda::Function', id: 'Droppod-Functionssweep-1' },
  { type: 'AWS::Lambda::Function', id: 'Droppod-Podletputimage-1' },
  { type: 'AWS::StepFunctions::StateMachine', id: 'arn:machine' },
  { type: 'AWS::ECS::Cluster', id: 'droppod-cluster' },
];

const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const before = { ...process.env };
let directory: string;
let aws: FakeAws;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-deploy-'));
  delete process.env['AWS_PROFILE'];
  Object.assign(process.env, ENVIRONMENT);
});
afterEach(() => {
  aws.close();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(directory, { recursive: true, force: true });
});

async function account(state: Partial<AccountState>) {
  aws = new FakeAws(state);
  process.env['AWS_ENDPOINT_URL'] = await aws.listen();
  return connectAccount('us-east-1');
}

interface Run {
  lines: string[];
  /** Arguments of each run of the CDK. */
  cdk: string[][];
  failure: { message: string; exitCode?: number } | undefined;
  waits: number;
}

/** Runs `deploy`; `onCdk` stands for the CDK: it changes the account and returns an exit code. */
async function deployed(
  options: DeployOptions,
  state: Partial<AccountState> = {},
  {
    onCdk = ({ state: now }) => {
      now.stack = { status: 'CREATE_COMPLETE', outputs: OUTPUTS };
      return 0;
    },
    statuses = [200],
    has = () => true,
    profile,
  }: {
    onCdk?: (aws: FakeAws, args: string[]) => number;
    statuses?: number[];
    has?: (program: string) => boolean;
    profile?: string;
  } = {},
): Promise<Run> {
  const run: Run = { lines: [], cdk: [], failure: undefined, waits: 0 };
  const line = (text: string): void => void run.lines.push(text);
  await deploy(
    { kubeconfig: join(directory, 'deep', 'kubeconfig'), ...options },
    {
      account: await account(state),
      cdk: (args) => {
        run.cdk.push(args);
        return Promise.resolve(onCdk(aws, args));
      },
      get: () => Promise.resolve(statuses[Math.min(run.waits, statuses.length - 1)] ?? 0),
      sleep: () => Promise.resolve(void run.waits++),
      has,
      profile,
      out: line,
      say: line,
    },
  ).catch((error: Error) => {
    run.failure = error;
  });
  return run;
}

describe('deploy looks first and says what it found', () => {
  it('an account that has everything', async () => {
    const { lines, cdk, failure } = await deployed({ check: true });
    expect(failure).toBeUndefined();
    expect(lines).toEqual([
      'ok   credentials: account 000000000000 in us-east-1, as arn:aws:iam::000000000000:user/me',
      'ok   bootstrap: version 30',
      'ok   ECS role: ECS has its service-linked role',
      'ok   Lambda concurrency: 1000 functions at once',
      'ok   Fargate quota: 100 vCPUs of Fargate, 400 of the smallest pods at once',
    ]);
    expect(cdk).toEqual([]);
  });

  it('without credentials nothing else is asked, and the line says what to do', async () => {
    const { lines, failure } = await deployed({}, { identity: undefined });
    expect(lines).toEqual([
      expect.stringMatching(/^stop credentials: .*The security token is invalid\..*aws configure/),
    ]);
    expect(failure?.message).toBe('nothing was deployed: credentials');
    expect(aws.asked).toEqual(['GetCallerIdentity']);
  });

  it('a fresh account: what is missing is made, what is little is said', async () => {
    const { lines, cdk, failure } = await deployed(
      {},
      { bootstrapVersion: undefined, ecsRole: false, concurrency: 10, quotas: {} },
    );
    expect(failure).toBeUndefined();
    expect(lines).toEqual(
      expect.arrayContaining([
        "make bootstrap: CDK's bootstrap stack is not in us-east-1 yet",
        'make ECS role: ECS has no service-linked role yet: no task could start',
        expect.stringMatching(/^note Lambda concurrency: 10 functions at once: .*Service Quotas/),
        'note Fargate quota: 6 vCPUs of Fargate, 24 of the smallest pods at once',
      ]),
    );
    expect(aws.asked).toContain('CreateServiceLinkedRole ecs.amazonaws.com');
    expect(cdk.map(([command, ...rest]) => [command, rest[0]])).toEqual([
      ['bootstrap', 'aws://000000000000/us-east-1'],
      ['deploy', 'Droppod'],
    ]);
  });

  it.each([
    [
      'no Fargate at all stops it',
      { quotas: { 'L-3032A538': 0 } },
      {},
      /^stop Fargate quota: 0 vCPUs/,
    ],
    [
      'Spot has a quota of its own',
      { quotas: { 'L-3032A538': 0, 'L-36FBB829': 8 } },
      { capacity: 'spot' },
      /^ok {3}Fargate quota: 8 vCPUs of Fargate Spot, 32 /,
    ],
    [
      'an old bootstrap is renewed',
      { bootstrapVersion: 4 },
      {},
      /^make bootstrap: version 4 is older/,
    ],
    [
      'a right to look that is missing is a note',
      {
        faults: {
          GetAccountSettings: new AwsFault('AccessDeniedException', 'not authorized', 403),
        },
      },
      {},
      /^note Lambda concurrency: could not be looked at \(AccessDeniedException: not authorized\)/,
    ],
  ])('%s', async (_, state, options, expected) => {
    const { lines } = await deployed({ ...options, check: true }, state);
    expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it.each([
    [
      'that somebody else has just made is there',
      'InvalidInput',
      'Service role name AWSServiceRoleForECS has been taken in this account.',
      false,
    ],
    [
      'that may not be made is a note, and the deployment goes on',
      'AccessDenied',
      'not authorized',
      true,
    ],
  ])('an ECS role %s', async (_, code, message, noted) => {
    const faults = { CreateServiceLinkedRole: new AwsFault(code, message) };
    const { lines, cdk, failure } = await deployed({}, { ecsRole: false, faults });
    expect(failure).toBeUndefined();
    expect(lines.some((line) => line.startsWith('note ECS role: could not be made'))).toBe(noted);
    expect(cdk.map(([command]) => command)).toEqual(['deploy']);
  });

  it('without the AWS CLI it says that kubectl needs it', async () => {
    const { lines } = await deployed({ check: true }, {}, { has: (name) => name !== 'aws' });
    expect(lines.at(-1)).toMatch(/^note AWS CLI: not on the PATH/);
  });
});

describe('what is said wrong is refused before anything is asked', () => {
  it.each<[DeployOptions, string]>([
    [{ vpc: 'default' }, '--vpc default: '],
    [{ capacity: 'cheap' }, '--capacity cheap: '],
    [{ architecture: 'x86' }, '--architecture x86: '],
    [{ mirror: ['docker.io'] }, '--mirror docker.io: a registry and its mirror are needed'],
    [{ watches: '0' }, '--watches 0: '],
    [{ alarm: 'me@example.org' }, '--alarm me@example.org: '],
    [{ admin: ['me'] }, '--admin me: the ARN of an IAM role or user is needed'],
    [
      { admin: ['arn:aws:sts::000000000000:assumed-role/a/b'] },
      '--admin arn:aws:sts::000000000000:assumed-role/a/b: the ARN of an IAM role',
    ],
  ])('%j', async (options, message) => {
    const { failure } = await deployed(options);
    expect(failure?.message).toContain(message);
    expect(failure?.exitCode).toBe(2);
    expect(aws.asked).toEqual([]);
  });
});

describe('a deployment', () => {
  it('hands the choices to the CDK as context', async () => {
    const { cdk } = await deployed({
      vpc: 'vpc-0a',
      capacity: 'spot',
      architecture: 'arm64',
      admin: ['arn:aws:iam::000000000000:role/a', 'arn:aws:iam::000000000000:user/b'],
      mirror: ['docker.io=m.example/hub', 'quay.io=m.example/quay'],
    });
    expect(cdk).toEqual([
      [
        ...['deploy', 'Droppod', '--require-approval', 'never', '--progress', 'events'],
        ...['--context', 'vpc=vpc-0a', '--context', 'capacity=spot'],
        ...['--context', 'architecture=arm64', '--context', 'watches=250', '--context'],
        'admins=arn:aws:iam::000000000000:role/a,arn:aws:iam::000000000000:user/b',
        ...['--context', 'mirrors={"docker.io":"m.example/hub","quay.io":"m.example/quay"}'],
      ],
    ]);
  });

  it('ends with a kubeconfig that logs in by the administrator’s role, readable by its owner, and the next command', async () => {
    const { lines } = await deployed({}, {}, { profile: 'work' });
    const path = join(directory, 'deep', 'kubeconfig');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const config = JSON.parse(readFileSync(path, 'utf8')) as {
      clusters: { cluster: object }[];
      users: { user: object }[];
    };
    expect(config.clusters[0]?.cluster).toEqual({
      server: 'https://abc.lambda-url.us-east-1.on.aws',
    });
    expect(config.users[0]?.user).toEqual({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        command: 'aws',
        args: [
          ...['--region', 'us-east-1', 'eks', 'get-token'],
          ...['--cluster-name', OUTPUTS.ClusterId, '--role-arn', OUTPUTS.AdministratorRoleArn],
          ...['--output', 'json'],
        ],
        interactiveMode: 'IfAvailable',
        env: [{ name: 'AWS_PROFILE', value: 'work' }],
      },
    });
    expect(lines.slice(-3)).toEqual([
      'droppod is deployed at https://abc.lambda-url.us-east-1.on.aws',
      `kubeconfig: ${path}`,
      `go on with: export KUBECONFIG=${path}; kubectl apply -f examples/hello.yaml`,
    ]);
  });

  it('waits until the API answers', async () => {
    const { waits, lines } = await deployed({}, {}, { statuses: [403, 403, 200] });
    expect(waits).toBe(2);
    expect(lines).toContain('waiting for the API to answer …');
  });

  it('does not begin while another is under way', async () => {
    const stack = { status: 'UPDATE_IN_PROGRESS', outputs: {} };
    const { failure, cdk } = await deployed({}, { stack });
    expect(failure?.message).toContain('is being changed (UPDATE_IN_PROGRESS)');
    expect(cdk).toEqual([]);
  });

  it('that fails says CloudFormation’s first reason, not what followed or what was before', async () => {
    const failed = (id: string, resource: string, reason: string) => ({
      EventId: id,
      LogicalResourceId: resource,
      ResourceStatus: 'CREATE_FAILED',
      ResourceStatusReason: reason,
    });
    const { failure } = await deployed(
      {},
      {
        stack: { status: 'UPDATE_ROLLBACK_COMPLETE', outputs: {} },
        events: [failed('1', 'Old', 'from last time')],
      },
      {
        onCdk: ({ state }) => {
          state.events.push(
            failed('2', 'Other', 'Resource creation cancelled'),
            failed('3', 'PodletImage', 'the registry\nsaid no'),
            failed('4', 'Later', 'because of that'),
          );
          state.stack = { status: 'ROLLBACK_COMPLETE', outputs: {} };
          return 1;
        },
      },
    );
    expect(failure?.message).toMatch(
      /^the deployment failed: PodletImage: the registry said no\. Nothing of it is left but/,
    );
  });

  it('of a stack that lacks the outputs is an error, not half a kubeconfig', async () => {
    const onCdk = ({ state }: FakeAws): number => {
      state.stack = { status: 'CREATE_COMPLETE', outputs: { ApiUrl: 'https://a/' } };
      return 0;
    };
    const { failure } = await deployed({}, {}, { onCdk });
    expect(failure?.message).toBe('the stack has no output ClusterId: deploy again');
  });

  it('lets functions run again that a broken-off destroy has silenced, and leaves other reservations', async () => {
    const reserved = new Map([
      ['Droppod-Functionsapi-1', 0],
      ['Droppod-Functionssweep-1', 5],
    ]);
    await deployed({}, { resources: RESOURCES, reserved });
    expect([...aws.state.reserved]).toEqual([['Droppod-Functionssweep-1', 5]]);
  });
});

describe('destroy', () => {
  const living = (looks = 1) =>
    new Map(['t1', 't2'].map((arn) => [arn, { stopping: false, looks }] as const));
  const whole = (change: Partial<AccountState> = {}): Partial<AccountState> => ({
    stack: { status: 'CREATE_COMPLETE', outputs: OUTPUTS },
    resources: RESOURCES,
    executions: new Set(['e1', 'e2']),
    tasks: living(),
    secrets: [
      { ARN: 's1', Name: 'droppod-cluster/pull/1' },
      { ARN: 's2', Name: 'Droppod-Cluster/pull/not-ours' },
    ],
    onDelete: (state) => {
      state.events.push(
        {
          EventId: 'd1',
          LogicalResourceId: 'Table',
          PhysicalResourceId: 'Droppod-Table-1',
          ResourceStatus: 'DELETE_SKIPPED',
        },
        { EventId: 'd2', LogicalResourceId: 'Api', ResourceStatus: 'DELETE_COMPLETE' },
      );
      if (state.stack) state.stack.status = 'DELETE_COMPLETE';
    },
    ...change,
  });

  async function destroyed(
    state: Partial<AccountState>,
    { yes = true, says }: { yes?: boolean; says?: boolean } = {},
  ) {
    const lines: string[] = [];
    const questions: string[] = [];
    let failure: { message: string; exitCode?: number } | undefined;
    await destroy(
      { yes },
      {
        account: await account(state),
        confirm: (question) => (questions.push(question), Promise.resolve(says)),
        sleep: () => Promise.resolve(),
        out: (line) => void lines.push(line),
      },
    ).catch((error: Error) => {
      failure = error;
    });
    return { lines, questions, failure };
  }

  it('closes the doors first, then ends executions, then tasks, then deletes the stack, and names what stays', async () => {
    const { lines, failure } = await destroyed(whole());
    expect(failure).toBeUndefined();
    expect(lines).toEqual([
      'the API is closed',
      'stopped 2 executions',
      'stopping 2 tasks …',
      'stopped 2 tasks',
      'deleted 1 pull secrets',
      'DELETE_COMPLETE Api',
      'droppod is deleted',
      expect.stringContaining('kept: Table Droppod-Table-1'),
      expect.stringContaining("kept: CDK's bootstrap stack"),
    ]);
    const order = aws.asked.filter((call) => /^(Put|Stop|DeleteS)/.test(call));
    expect(order).toEqual([
      'PutFunctionConcurrency Droppod-Functionsapi-1',
      'PutFunctionConcurrency Droppod-Functionssweep-1',
      'StopExecution e1',
      'StopExecution e2',
      'StopTask t1',
      'StopTask t2',
      // Until then podlets report: otherwise their tasks would live until ECS kills them.
      'PutFunctionConcurrency Droppod-Functionssync-1',
      'DeleteSecret s1',
      'DeleteStack',
    ]);
  });

  it('leaves the function that CloudFormation itself calls', async () => {
    await destroyed(whole());
    expect([...aws.state.reserved.keys()]).not.toContain('Droppod-Podletputimage-1');
  });

  it('asks a user, with what runs', async () => {
    const { questions, failure } = await destroyed(whole(), { yes: false, says: false });
    expect(questions).toEqual([
      'Delete droppod from account 000000000000, us-east-1? 2 tasks are running. [y/N] ',
    ]);
    expect(failure?.message).toBe('nothing was deleted');
    expect(aws.asked.filter((call) => /^(Put|Stop|Delete)/.test(call))).toEqual([]);
  });

  it('refuses where nobody can be asked', async () => {
    const { failure } = await destroyed(whole(), { yes: false });
    expect(failure?.message).toContain('say --yes');
    expect(failure?.exitCode).toBe(2);
  });

  it('may be run again over what is gone already', async () => {
    const { failure, lines } = await destroyed(
      whole({ executions: new Set(), tasks: new Map(), secrets: [] }),
    );
    expect(failure).toBeUndefined();
    expect(lines[1]).toBe('DELETE_COMPLETE Api');
  });

  it('a task that does not end is an error before the stack is touched', async () => {
    const { failure } = await destroyed(whole({ tasks: living(10_000) }));
    expect(failure?.message).toContain('tasks of droppod-cluster do not end');
    expect(aws.asked).not.toContain('DeleteStack');
  });

  it('a deletion that fails says why', async () => {
    const { failure } = await destroyed(
      whole({
        onDelete: (state) => {
          state.events.push({
            EventId: 'd1',
            LogicalResourceId: 'Network',
            ResourceStatus: 'DELETE_FAILED',
            ResourceStatusReason: 'has dependencies',
          });
          if (state.stack) state.stack.status = 'DELETE_FAILED';
        },
      }),
    );
    expect(failure?.message).toBe(
      'the stack could not be deleted: Network: has dependencies; run this again',
    );
  });

  it.each([
    ['there is none', {}, 'there is no stack Droppod in us-east-1 of account 000000000000'],
    ['nobody is logged in', { identity: undefined }, 'AWS does not know who calls'],
  ])('%s', async (_, state, message) => {
    expect((await destroyed(state)).failure?.message).toContain(message);
  });
});

describe('the command itself', () => {
  /** `droppod …` as a user runs it, without this machine's AWS profiles. */
  async function command(args: string[], state: Partial<AccountState>, env: object = {}) {
    await account(state);
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(
        fileURLToPath(new URL('../../../droppod', import.meta.url)),
        args,
        {
          cwd: directory,
          env: { ...process.env, HOME: directory, AWS_REGION: 'us-east-1', ...env },
        },
        (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  }

  it('deploy --check says what it found and ends well', async () => {
    const { code, stdout } = await command(['deploy', '--check'], {});
    expect(stdout).toContain('ok   credentials: account 000000000000 in us-east-1');
    expect(code).toBe(0);
  }, 240_000);

  it('a stop is one line on stderr and exit code 1', async () => {
    const { code, stderr } = await command(['deploy'], { identity: undefined });
    expect(stderr).toBe('droppod: nothing was deployed: credentials\n');
    expect(code).toBe(1);
  }, 240_000);

  it('destroy asks nobody who is not there', async () => {
    const stack = { status: 'CREATE_COMPLETE', outputs: {} };
    const { code, stderr } = await command(['destroy'], { stack });
    expect(stderr).toBe('droppod: destroy asks: say --yes where nobody can answer\n');
    expect(code).toBe(2);
  }, 240_000);

  it('without a region it says so before anything is asked', async () => {
    const none = { AWS_REGION: '', AWS_DEFAULT_REGION: '', AWS_CONFIG_FILE: '/dev/null' };
    const { code, stderr } = await command(['deploy'], {}, none);
    expect(stderr).toContain('droppod: no region is set: say --region');
    expect([code, aws.asked]).toEqual([2, []]);
  }, 240_000);
});
