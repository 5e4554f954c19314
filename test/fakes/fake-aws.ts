// An AWS account over HTTP, as far as deploy and destroy use it: real SDK clients talk to it, each service in its own protocol, and it
// responds from a state that a test sets; requests are recorded in order.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { present } from '../../src/present.ts';

/** An error under AWS's name. */
export class AwsFault {
  constructor(
    readonly code: string,
    readonly message = code,
    readonly status = 400,
    /** Further members of it. */
    readonly more: object = {},
  ) {}
}

type Input = Record<string, unknown>;
type Answer = object | AwsFault;

interface Event {
  EventId: string;
  LogicalResourceId: string;
  PhysicalResourceId?: string;
  ResourceStatus: string;
  ResourceStatusReason?: string;
}

export interface AccountState {
  /** undefined: the caller has no valid credentials. */
  identity: { Account: string; Arn: string } | undefined;
  bootstrapVersion: number | undefined;
  ecsRole: boolean;
  concurrency: number;
  /** The account's own quotas, by code. */
  quotas: Record<string, number>;
  stack: { status: string; outputs: Record<string, string> } | undefined;
  resources: { type: string; id: string }[];
  /** Oldest first. */
  events: Event[];
  executions: Set<string>;
  /** How often a task is described before it is STOPPED, once it was asked to stop. */
  tasks: Map<string, { stopping: boolean; looks: number }>;
  secrets: { ARN: string; Name: string }[];
  reserved: Map<string, number>;
  /** Operations that fail, whatever the state. */
  faults: Record<string, AwsFault>;
  /** Operations with answers of the test's own. */
  answers: Record<string, (input: Input) => Answer>;
  /** The effect of deleting the stack. */
  onDelete: (state: AccountState) => void;
}

export class FakeAws {
  readonly asked: string[] = [];
  readonly state: AccountState;
  #server: Server | undefined;

  constructor(state: Partial<AccountState> = {}) {
    this.state = {
      identity: { Account: '000000000000', Arn: 'arn:aws:iam::000000000000:user/me' },
      bootstrapVersion: 30,
      ecsRole: true,
      concurrency: 1000,
      quotas: { 'L-3032A538': 100 },
      stack: undefined,
      resources: [],
      events: [],
      executions: new Set(),
      tasks: new Map(),
      secrets: [],
      reserved: new Map(),
      faults: {},
      answers: {},
      onDelete: (all) => {
        if (all.stack) all.stack.status = 'DELETE_COMPLETE';
      },
      ...state,
    };
  }

  /** Its address, for AWS_ENDPOINT_URL. */
  async listen(): Promise<string> {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        response.writeHead(599).end(String(error));
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const target =
      String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) ?? '';
    if (target !== '') {
      const answer = this.#answer(target, JSON.parse(body || '{}') as Input);
      const fault = answer instanceof AwsFault;
      response
        .writeHead(fault ? answer.status : 200, { 'content-type': 'application/x-amz-json-1.1' })
        .end(
          JSON.stringify(
            fault ? { __type: answer.code, message: answer.message, ...answer.more } : answer,
          ),
        );
    } else if (request.headers['content-type']?.includes('x-www-form-urlencoded')) {
      const form = Object.fromEntries(new URLSearchParams(body)) as Input;
      sendXml(response, String(form['Action']), this.#answer(String(form['Action']), form));
    } else {
      const answer = this.#rest(request.method ?? '', request.url ?? '', body);
      const fault = answer instanceof AwsFault;
      response
        .writeHead(fault ? answer.status : 200, {
          'content-type': 'application/json',
          ...(fault ? { 'x-amzn-errortype': answer.code } : {}),
        })
        .end(JSON.stringify(fault ? { message: answer.message } : answer));
    }
  }

  /** Lambda's paths. */
  #rest(method: string, url: string, body: string): Answer {
    if (url.endsWith('/account-settings') || url.endsWith('/account-settings/'))
      return this.#answer('GetAccountSettings', {});
    const configured = /\/functions\/([^/]+)\/configuration/.exec(url)?.[1];
    if (configured !== undefined)
      return this.#answer('GetFunctionConfiguration', {
        FunctionName: decodeURIComponent(configured),
      });
    const name = decodeURIComponent(/\/functions\/([^/]+)\/concurrency/.exec(url)?.[1] ?? '');
    const operation = { GET: 'GetFunctionConcurrency', PUT: 'PutFunctionConcurrency' }[method];
    const input = { ...(JSON.parse(body || '{}') as Input), FunctionName: name };
    return this.#answer(operation ?? 'DeleteFunctionConcurrency', input);
  }

  #answer(operation: string, input: Input): Answer {
    const subject = SUBJECTS.map((name) => input[name]).find((value) => value !== undefined);
    this.asked.push(subject === undefined ? operation : `${operation} ${String(subject)}`);
    const fault = this.state.faults[operation];
    if (fault) return fault;
    const own = this.state.answers[operation];
    if (own) return own(input);
    const act = OPERATIONS[operation];
    return act ? act(this.state, input) : new AwsFault('UnknownOperationException', operation);
  }
}

const SUBJECTS = ['FunctionName', 'executionArn', 'task', 'SecretId', 'AWSServiceName'];

const OPERATIONS: Record<string, (state: AccountState, input: Input) => Answer> = {
  GetCallerIdentity: ({ identity }) =>
    identity ?? new AwsFault('InvalidClientTokenId', 'The security token is invalid.', 403),
  GetParameter: ({ bootstrapVersion }) =>
    bootstrapVersion === undefined
      ? new AwsFault('ParameterNotFound')
      : { Parameter: { Value: String(bootstrapVersion) } },
  GetRole: ({ ecsRole }, { RoleName }) =>
    ecsRole
      ? { Role: { RoleName, Path: '/', RoleId: 'r', Arn: 'a', CreateDate: '2026-01-01T00:00:00Z' } }
      : new AwsFault('NoSuchEntity', 'no such role', 404),
  CreateServiceLinkedRole: (state) => {
    state.ecsRole = true;
    return {};
  },
  GetAccountSettings: ({ concurrency }) => ({
    AccountLimit: { ConcurrentExecutions: concurrency },
  }),
  GetServiceQuota: ({ quotas }, { QuotaCode }) =>
    quotas[String(QuotaCode)] === undefined
      ? new AwsFault('NoSuchResourceException')
      : { Quota: { Value: quotas[String(QuotaCode)] } },
  DescribeStacks: ({ stack }) =>
    stack === undefined
      ? new AwsFault('ValidationError', 'Stack with id Droppod does not exist')
      : {
          Stacks: [
            {
              StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Droppod/1',
              StackName: 'Droppod',
              CreationTime: '2026-01-01T00:00:00Z',
              StackStatus: stack.status,
              Outputs: Object.entries(stack.outputs).map(([OutputKey, OutputValue]) => ({
                OutputKey,
                OutputValue,
              })),
            },
          ],
        },
  DescribeStackEvents: ({ events }) => ({
    StackEvents: events
      .map((event) => ({ ...event, StackName: 'Droppod', Timestamp: '2026-01-01T00:00:00Z' }))
      .reverse(),
  }),
  ListStackResources: ({ resources }) => ({
    StackResourceSummaries: resources.map(({ type, id }) => ({
      LogicalResourceId: id,
      PhysicalResourceId: id,
      ResourceType: type,
      LastUpdatedTimestamp: '2026-01-01T00:00:00Z',
      ResourceStatus: 'CREATE_COMPLETE',
    })),
  }),
  DeleteStack: (state) => {
    state.onDelete(state);
    return {};
  },
  PutFunctionConcurrency: ({ reserved }, { FunctionName, ReservedConcurrentExecutions }) => {
    reserved.set(String(FunctionName), Number(ReservedConcurrentExecutions));
    return { ReservedConcurrentExecutions };
  },
  GetFunctionConcurrency: ({ reserved }, { FunctionName }) => {
    const count = reserved.get(String(FunctionName));
    return present({ ReservedConcurrentExecutions: count });
  },
  DeleteFunctionConcurrency: ({ reserved }, { FunctionName }) => {
    reserved.delete(String(FunctionName));
    return {};
  },
  ListExecutions: ({ executions }) => ({
    executions: [...executions].map((executionArn) => ({ executionArn })),
  }),
  StopExecution: ({ executions }, { executionArn }) => {
    executions.delete(String(executionArn));
    return { stopDate: 0 };
  },
  ListTasks: ({ tasks }, { desiredStatus }) => ({
    taskArns: [...tasks].flatMap(([arn, { stopping }]) =>
      stopping === (desiredStatus === 'STOPPED') ? [arn] : [],
    ),
  }),
  DescribeTasks: ({ tasks }, input) => ({
    tasks: (input['tasks'] as string[]).map((taskArn) => {
      const task = tasks.get(taskArn);
      const stopped = task?.stopping === true && task.looks-- <= 0;
      return { taskArn, lastStatus: stopped ? 'STOPPED' : 'RUNNING' };
    }),
  }),
  StopTask: ({ tasks }, { task }) => {
    const known = tasks.get(String(task));
    if (known) known.stopping = true;
    return {};
  },
  ListSecrets: ({ secrets }) => ({ SecretList: secrets }),
  DeleteSecret: (state, { SecretId }) => {
    state.secrets = state.secrets.filter(({ ARN }) => ARN !== SecretId);
    return {};
  },
};

function sendXml(response: ServerResponse, action: string, answer: Answer): void {
  const fault = answer instanceof AwsFault;
  response
    .writeHead(fault ? answer.status : 200, { 'content-type': 'text/xml' })
    .end(
      fault
        ? `<ErrorResponse><Error><Code>${answer.code}</Code>${xml({ Message: answer.message })}</Error></ErrorResponse>`
        : `<${action}Response><${action}Result>${xml(answer)}</${action}Result></${action}Response>`,
    );
}

function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => `<member>${xml(one)}</member>`).join('');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, inner]) => `<${name}>${xml(inner)}</${name}>`)
      .join('');
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
