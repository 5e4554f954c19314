// What a proof works with: the API as a client sees it, AWS's own view, and its own pods.
import type { AwsEvidence, SeenTask } from '../../compose/aws-account.ts';
import { Client, messageOf, type Answer, type Exchange } from '../client.ts';
import type { ApiLogin } from './api-login.ts';
import type { PodJson } from './outcomes.ts';

export interface Deployment {
  outputs: ReadonlyMap<string, string>;
  resources: { type: string; id: string }[];
}

export interface LabOptions {
  /** ID of the assumption; its pods have it as a label. */
  id: string;
  namespace: string;
  login: ApiLogin;
  aws: AwsEvidence;
  deployment: Deployment;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** How long to wait for a pod. */
  patienceMs: number;
}

export const LABEL = 'droppod-verify';
const LOOK_MS = 1_000;

/** Belongs to one proof. */
export class Lab {
  constructor(readonly options: LabOptions) {}

  get aws(): AwsEvidence {
    return this.options.aws;
  }

  get namespace(): string {
    return this.options.namespace;
  }

  now(): number {
    return this.options.now();
  }

  sleep(ms: number): Promise<void> {
    return this.options.sleep(ms);
  }

  /** A client with a fresh token; `changed` replaces token or CA. */
  async client(changed: { token?: string; ca?: string } = {}): Promise<Client> {
    const { server, ca, token } = this.options.login;
    return new Client({ server, ca, token: changed.token ?? (await token()), ...changed });
  }

  /** One JSON request that must succeed. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.with((client) => client.request(method, path, body));
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${messageOf(answer)}`);
    return answer.body;
  }

  /** One request, with the response as it came. */
  exchange(
    method: string,
    path: string,
    rest: { headers?: Record<string, string>; body?: string } = {},
    login: { token?: string; ca?: string } = {},
  ): Promise<Exchange> {
    return this.with((client) => client.exchange(method, path, rest), login);
  }

  private async with<Found extends Answer | Exchange>(
    ask: (client: Client) => Promise<Found>,
    login: { token?: string; ca?: string } = {},
  ): Promise<Found> {
    const client = await this.client(login);
    try {
      return await ask(client);
    } finally {
      client.close();
    }
  }

  /** The path of a kind of the core group in the proof's namespace. */
  path(resource: string, name = ''): string {
    return `/api/v1/namespaces/${this.namespace}/${resource}${name && `/${name}`}`;
  }

  /** Calls `look` each second until it finds something; throws after the patience. */
  async until<Found>(
    what: string,
    look: () => Promise<Found | undefined>,
    patienceMs = this.options.patienceMs,
  ): Promise<Found> {
    const last = this.now() + patienceMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.now() > last) throw new Error(`${what} did not come within ${patienceMs / 1000} s`);
      await this.sleep(LOOK_MS);
    }
  }

  /** Creates a pod; returns its name. */
  async createPod(spec: object, suffix = ''): Promise<string> {
    const { id } = this.options;
    const name = `${id}${suffix}`;
    const metadata = { name, labels: { [LABEL]: id } };
    await this.request('POST', this.path('pods'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 2, ...spec },
    });
    return name;
  }

  /** Waits until the pod meets the condition. */
  async podUntil(name: string, is: (pod: PodJson) => boolean): Promise<PodJson> {
    let last: unknown;
    try {
      return await this.until(`pod ${name}`, async () => {
        const pod = (await this.request('GET', this.path('pods', name))) as PodJson;
        last = pod.status;
        return is(pod) ? pod : undefined;
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${reason}; its status: ${JSON.stringify(last)}`, { cause });
    }
  }

  /** Runs a pod to its end. */
  async runPod(spec: object, suffix = ''): Promise<PodJson> {
    return this.podUntil(await this.createPod(spec, suffix), isOver);
  }

  async log(pod: string, container: string): Promise<string> {
    const path = `${this.path('pods', pod)}/log?container=${container}`;
    const { status, text } = await this.exchange('GET', path);
    if (status !== 200) throw new Error(`the log of ${container} answers ${status}: ${text}`);
    return text;
  }

  /** ECS's view of a pod's task. */
  async task({ metadata }: PodJson): Promise<SeenTask> {
    const cluster = this.output('ClusterName');
    return this.until(`the task of ${metadata.name} in ECS`, async () => {
      const [arn] = await this.aws.tasksBy(cluster, metadata.uid);
      return arn === undefined ? undefined : this.aws.task(cluster, arn);
    });
  }

  /** An output of the stack. */
  output(name: string): string {
    const value = this.options.deployment.outputs.get(name);
    if (!value) throw new Error(`the stack has no output ${name}`);
    return value;
  }

  /** AWS's name of the first resource of a type (of this name in functions/). */
  resource(type: string, name = ''): string {
    const word = `Functions${name.replaceAll('-', '')}`;
    const found = this.options.deployment.resources.find(
      ({ type: its, id }) =>
        its === type && (name === '' || id.includes(word) || id.endsWith(`-${name}`)),
    );
    if (!found) throw new Error(`the stack has no ${type} ${name}`);
    return found.id;
  }
}

/** Whether its phase will not change any more. */
export const isOver = ({ status }: PodJson): boolean =>
  status.phase === 'Succeeded' || status.phase === 'Failed';
