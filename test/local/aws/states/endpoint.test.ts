// The Step Functions endpoint as an AWS client sees it: names, idempotence, paging, errors.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { States } from '../../../../local/aws/states/create-states.ts';
import { createStates } from '../../../../local/aws/states/create-states.ts';
import { openJournal } from '../../../../local/states/journal.ts';
import type { Json } from '../../../../local/states/json.ts';
import { MemoryJournal } from '../../../fakes/memory-journal.ts';
import type { ExecutionChange, Journal } from '../../../../local/states/ports.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';

const ARN = 'arn:aws:states:us-east-1:000000000000';
const MACHINE = `${ARN}:stateMachine:pod`;
const PASS = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: { Type: 'Pass', Output: '{% $states.input %}', End: true } },
});
const WAIT = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: { Type: 'Wait', Seconds: 60, End: true } },
});
const task = (Resource: string): string =>
  JSON.stringify({
    QueryLanguage: 'JSONata',
    StartAt: 'A',
    States: {
      A: {
        Type: 'Task',
        Resource,
        Arguments: {
          FunctionName: 'echo:1',
          Payload: {
            token: "{% $exists($states.context.Task) ? $states.context.Task.Token : 'none' %}",
          },
        },
        End: true,
      },
    },
  });

interface Answer {
  status: number;
  body: { [member: string]: Json };
}

class Client {
  readonly clock = new VirtualClock();
  readonly changes: ExecutionChange[] = [];
  readonly payloads: Json[] = [];
  failWith: Error | undefined;
  #uuids = 0;
  readonly states: States;

  constructor(journal: Journal = new MemoryJournal()) {
    this.states = createStates({
      clock: this.clock,
      random: () => 0.5,
      uuid: () => `uuid-${++this.#uuids}`,
      journal,
      invoke: (name, payload) => {
        this.payloads.push(payload);
        return this.failWith === undefined
          ? Promise.resolve({ name })
          : Promise.reject(this.failWith);
      },
      onExecutionEnd: (change) => void this.changes.push(change),
      account: '000000000000',
      region: 'us-east-1',
    });
  }

  async call(operation: string, input: Json = {}): Promise<Answer> {
    const answer = await this.states.endpoint({
      target: `AWSStepFunctions.${operation}`,
      body: Buffer.from(JSON.stringify(input)),
    });
    return { status: answer!.status, body: JSON.parse(answer!.body) };
  }

  async create(definition: string, name = 'pod'): Promise<Answer> {
    return this.call('CreateStateMachine', {
      name,
      definition,
      roleArn: 'arn:aws:iam::000000000000:role/pod',
    });
  }

  async start(name: string, input: Json = {}): Promise<Answer> {
    return this.call('StartExecution', {
      stateMachineArn: MACHINE,
      name,
      input: JSON.stringify(input),
    });
  }

  async describe(name: string): Promise<Answer['body']> {
    return (await this.call('DescribeExecution', { executionArn: `${ARN}:execution:pod:${name}` }))
      .body;
  }
}

async function opened(): Promise<Client> {
  const client = new Client();
  await client.states.resume();
  return client;
}

const type = ({ status, body }: Answer): unknown => [status, body['__type']];

describe('machines', () => {
  it('are created once, described, updated, listed and deleted', async () => {
    const client = await opened();
    expect((await client.create(PASS)).body).toEqual({
      stateMachineArn: MACHINE,
      creationDate: 1767225600,
    });
    expect((await client.create(PASS)).status).toBe(200);
    expect(type(await client.create(WAIT))).toEqual([400, 'StateMachineAlreadyExists']);
    expect(
      (await client.call('UpdateStateMachine', { stateMachineArn: MACHINE, definition: WAIT }))
        .body,
    ).toEqual({ updateDate: 1767225600, revisionId: 'uuid-1' });
    expect(
      (await client.call('DescribeStateMachine', { stateMachineArn: MACHINE })).body,
    ).toMatchObject({
      name: 'pod',
      status: 'ACTIVE',
      type: 'STANDARD',
      definition: WAIT,
      revisionId: 'uuid-1',
    });
    expect((await client.call('ListStateMachines')).body).toMatchObject({
      stateMachines: [{ name: 'pod' }],
    });
    expect(await client.call('DeleteStateMachine', { stateMachineArn: MACHINE })).toEqual({
      status: 200,
      body: {},
    });
    expect(type(await client.call('DescribeStateMachine', { stateMachineArn: MACHINE }))).toEqual([
      400,
      'StateMachineDoesNotExist',
    ]);
  });
});

describe('definitions', () => {
  it.each<[string, string, Json, string]>([
    [
      'a definition without query language',
      'CreateStateMachine',
      {
        name: 'x',
        roleArn: 'r',
        definition: '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}',
      },
      'InvalidDefinition',
    ],
    [
      'a definition that is not JSON',
      'CreateStateMachine',
      { name: 'x', roleArn: 'r', definition: '{' },
      'InvalidDefinition',
    ],
    [
      'a resource that nobody serves',
      'CreateStateMachine',
      { name: 'x', roleArn: 'r', definition: task('arn:aws:states:::ecs:runTask.sync') },
      'InvalidDefinition',
    ],
    [
      'a bad name',
      'CreateStateMachine',
      { name: 'a b', roleArn: 'r', definition: PASS },
      'InvalidName',
    ],
    [
      'an express machine',
      'CreateStateMachine',
      { name: 'x', roleArn: 'r', definition: PASS, type: 'EXPRESS' },
      'StateMachineTypeNotSupported',
    ],
    [
      'publishing a version',
      'CreateStateMachine',
      { name: 'x', roleArn: 'r', definition: PASS, publish: true },
      'ValidationException',
    ],
    [
      'what is no ARN',
      'DescribeStateMachine',
      { stateMachineArn: 'not_a_valid_arn' },
      'InvalidArn',
    ],
    [
      'an update of nothing',
      'UpdateStateMachine',
      { stateMachineArn: MACHINE },
      'MissingRequiredParameter',
    ],
    ['a member that is missing', 'DescribeStateMachine', {}, 'ValidationException'],
    ['another operation', 'TestState', {}, 'UnknownOperationException'],
    [
      'an execution of no machine',
      'StartExecution',
      { stateMachineArn: `${ARN}:stateMachine:other` },
      'StateMachineDoesNotExist',
    ],
    [
      'input that is not JSON',
      'StartExecution',
      { stateMachineArn: MACHINE, input: 'not some json' },
      'InvalidExecutionInput',
    ],
    [
      'an execution nobody started',
      'DescribeExecution',
      { executionArn: `${ARN}:execution:pod:none` },
      'ExecutionDoesNotExist',
    ],
    [
      'the history of one',
      'GetExecutionHistory',
      { executionArn: `${ARN}:execution:pod:none` },
      'ExecutionDoesNotExist',
    ],
    [
      'to stop one',
      'StopExecution',
      { executionArn: `${ARN}:execution:pod:none` },
      'ExecutionDoesNotExist',
    ],
    [
      'a filter that is none',
      'ListExecutions',
      { stateMachineArn: MACHINE, statusFilter: 'succeeded' },
      'ValidationException',
    ],
    ['a token of nobody', 'SendTaskSuccess', { taskToken: 'abc', output: '1' }, 'InvalidToken'],
    [
      'a token of an unknown execution',
      'SendTaskFailure',
      { taskToken: Buffer.from('["pod/x","0","n"]').toString('base64url') },
      'TaskDoesNotExist',
    ],
    [
      'an output that is not JSON',
      'SendTaskSuccess',
      { taskToken: 'abc', output: '{' },
      'InvalidOutput',
    ],
  ])('refuses %s', async (_, operation, input, error) => {
    const client = await opened();
    await client.create(PASS);
    expect(type(await client.call(operation, input))).toEqual([400, error]);
  });

  it('leaves targets of other services to others, also before it is ready', async () => {
    expect(
      await new Client().states.endpoint({
        target: 'DynamoDB_20120810.GetItem',
        body: Buffer.from('{}'),
      }),
    ).toBeUndefined();
  });
});

describe('executions', () => {
  it('the same name and input while it runs is the same execution; other input or a closed one is refused', async () => {
    const client = await opened();
    await client.create(WAIT);
    const [first, second] = await Promise.all([
      client.start('a', { n: 1 }),
      client.start('a', { n: 1 }),
    ]);
    expect(first).toEqual(second);
    expect(type(await client.start('a', { n: 2 }))).toEqual([400, 'ExecutionAlreadyExists']);
    await client.clock.advance(60_000);
    expect(type(await client.start('a', { n: 1 }))).toEqual([400, 'ExecutionAlreadyExists']);
    expect(client.changes).toMatchObject([
      {
        executionArn: `${ARN}:execution:pod:a`,
        stateMachineArn: MACHINE,
        name: 'a',
        status: 'SUCCEEDED',
        input: '{"n":1}',
        output: '{"n":1}',
        error: null,
      },
    ]);
  });

  it('go on by the definition they began with', async () => {
    const client = await opened();
    await client.create(WAIT);
    await client.start('old');
    await client.call('UpdateStateMachine', { stateMachineArn: MACHINE, definition: PASS });
    await client.start('new');
    await client.clock.settle();
    expect([
      (await client.describe('old'))['status'],
      (await client.describe('new'))['status'],
    ]).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  it('are listed newest first, in pages, and by status', async () => {
    const client = await opened();
    await client.create(PASS);
    for (const name of ['a', 'b', 'c']) {
      await client.start(name);
      await client.clock.advance(1000);
    }
    const names = ({ body }: Answer): Json[] =>
      (body['executions'] as { name: string }[]).map(({ name }) => name);
    const first = await client.call('ListExecutions', { stateMachineArn: MACHINE, maxResults: 2 });
    expect(names(first)).toEqual(['c', 'b']);
    expect(
      names(
        await client.call('ListExecutions', {
          stateMachineArn: MACHINE,
          maxResults: 2,
          nextToken: first.body['nextToken']!,
        }),
      ),
    ).toEqual(['a']);
    expect(
      names(
        await client.call('ListExecutions', { stateMachineArn: MACHINE, statusFilter: 'RUNNING' }),
      ),
    ).toEqual([]);
  });
});

describe('histories of executions', () => {
  it('show their history in the wire form, forwards and backwards', async () => {
    const client = await opened();
    await client.create(task('arn:aws:states:::lambda:invoke'));
    await client.start('a', { uid: 'x' });
    await client.clock.settle();
    const history = async (more: { [name: string]: Json }): Promise<Json> =>
      (
        await client.call('GetExecutionHistory', {
          executionArn: `${ARN}:execution:pod:a`,
          ...more,
        })
      ).body['events']!;
    expect(await history({})).toEqual([
      {
        timestamp: 1767225600,
        type: 'ExecutionStarted',
        id: 1,
        previousEventId: 0,
        executionStartedEventDetails: {
          input: '{"uid":"x"}',
          inputDetails: { truncated: false },
          roleArn: 'arn:aws:iam::000000000000:role/pod',
        },
      },
      {
        timestamp: 1767225600,
        type: 'TaskStateEntered',
        id: 2,
        previousEventId: 0,
        stateEnteredEventDetails: {
          name: 'A',
          input: '{"uid":"x"}',
          inputDetails: { truncated: false },
        },
      },
      {
        timestamp: 1767225600,
        type: 'TaskScheduled',
        id: 3,
        previousEventId: 2,
        taskScheduledEventDetails: {
          region: 'us-east-1',
          resourceType: 'lambda',
          resource: 'invoke',
          parameters: '{"FunctionName":"echo:1","Payload":{"token":"none"}}',
        },
      },
      {
        timestamp: 1767225600,
        type: 'TaskStarted',
        id: 4,
        previousEventId: 3,
        taskStartedEventDetails: { resourceType: 'lambda', resource: 'invoke' },
      },
      {
        timestamp: 1767225600,
        type: 'TaskSucceeded',
        id: 5,
        previousEventId: 4,
        taskSucceededEventDetails: {
          resourceType: 'lambda',
          resource: 'invoke',
          output: '{"ExecutedVersion":"$LATEST","Payload":{"name":"echo"},"StatusCode":200}',
          outputDetails: { truncated: false },
        },
      },
      {
        timestamp: 1767225600,
        type: 'TaskStateExited',
        id: 6,
        previousEventId: 5,
        stateExitedEventDetails: {
          name: 'A',
          output: '{"ExecutedVersion":"$LATEST","Payload":{"name":"echo"},"StatusCode":200}',
          outputDetails: { truncated: false },
        },
      },
      {
        timestamp: 1767225600,
        type: 'ExecutionSucceeded',
        id: 7,
        previousEventId: 6,
        executionSucceededEventDetails: {
          output: '{"ExecutedVersion":"$LATEST","Payload":{"name":"echo"},"StatusCode":200}',
          outputDetails: { truncated: false },
        },
      },
    ]);
    expect(await history({ reverseOrder: true, maxResults: 1 })).toMatchObject([{ id: 7 }]);
  });
});

describe('ends of executions', () => {
  it("a function that throws gives its error's name, with type, message and trace as the cause", async () => {
    const client = await opened();
    client.failWith = Object.assign(new Error('try later'), { name: 'Unavailable' });
    await client.create(task('arn:aws:states:::lambda:invoke'));
    await client.start('a');
    await client.clock.settle();
    const { status, error, cause } = await client.describe('a');
    expect([status, error]).toEqual(['FAILED', 'Unavailable']);
    expect(JSON.parse(String(cause))).toMatchObject({
      errorType: 'Unavailable',
      errorMessage: 'try later',
      trace: expect.any(Array),
    });
  });

  it('a token is answered once; the second answer gets TaskTimedOut', async () => {
    const client = await opened();
    await client.create(task('arn:aws:states:::lambda:invoke.waitForTaskToken'));
    await client.start('a');
    await client.clock.settle();
    const { token } = client.payloads[0] as { token: string };
    expect(await client.call('SendTaskHeartbeat', { taskToken: token })).toEqual({
      status: 200,
      body: {},
    });
    expect(
      await client.call('SendTaskSuccess', { taskToken: token, output: '{"done":true}' }),
    ).toEqual({ status: 200, body: {} });
    expect(type(await client.call('SendTaskSuccess', { taskToken: token, output: '1' }))).toEqual([
      400,
      'TaskTimedOut',
    ]);
    await client.clock.settle();
    expect(await client.describe('a')).toMatchObject({
      status: 'SUCCEEDED',
      output: '{"done":true}',
    });
  });

  it('StopExecution answers the time of the end, also for one that has ended', async () => {
    const client = await opened();
    await client.create(WAIT);
    await client.start('a');
    await client.clock.advance(5000);
    const stop = (): Promise<Answer> =>
      client.call('StopExecution', { executionArn: `${ARN}:execution:pod:a`, cause: 'enough' });
    expect(await stop()).toEqual({ status: 200, body: { stopDate: 1767225605 } });
    await client.clock.advance(5000);
    expect(await stop()).toEqual({ status: 200, body: { stopDate: 1767225605 } });
    expect(await client.describe('a')).toMatchObject({ status: 'ABORTED', cause: 'enough' });
  });
});

it('closed executions are forgotten after 90 days, running ones never', async () => {
  const journal = new MemoryJournal();
  const first = new Client(journal);
  await first.states.resume();
  await first.create(WAIT);
  await first.start('closed');
  await first.clock.advance(60_000);
  await first.call('UpdateStateMachine', {
    stateMachineArn: MACHINE,
    definition: WAIT.replace('60', '9000000'),
  });
  await first.start('running');
  const later = new Client(new MemoryJournal(journal.texts));
  await later.clock.advance(91 * 86_400_000);
  await later.states.resume();
  expect(
    (await later.call('DescribeExecution', { executionArn: `${ARN}:execution:pod:closed` })).body[
      '__type'
    ],
  ).toBe('ExecutionDoesNotExist');
  expect(await later.describe('running')).toMatchObject({ status: 'RUNNING' });
});

describe('on disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'states-'));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('machines and executions are there again after a restart', async () => {
    const first = new Client(await openJournal(directory));
    await first.states.resume();
    await first.create(WAIT);
    await first.start('a', { uid: 'x' });
    await first.clock.settle();
    await first.states.close();
    const second = new Client(await openJournal(directory));
    const early = second.describe('a');
    await second.states.resume();
    expect(await early).toMatchObject({ status: 'RUNNING', input: '{"uid":"x"}' });
    expect((await second.call('ListStateMachines')).body).toMatchObject({
      stateMachines: [{ name: 'pod' }],
    });
    await second.clock.advance(60_000);
    // The disk responds in real time, which the virtual clock does not wait for.
    await expect.poll(async () => (await second.describe('a'))['status']).toBe('SUCCEEDED');
    await second.states.close();
  });
});
