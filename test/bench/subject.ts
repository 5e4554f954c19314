// The measured droppod: its API client, its containers in the engine, and its serving process.
import { readFileSync, readdirSync } from 'node:fs';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { Client } from '../../local/cli/client.ts';
import { placeOf, readAccess } from '../../local/cli/place.ts';
import { readInstallation } from '../../local/installation.ts';
import type { TestDroppod } from '../e2e/droppod.ts';
import { preciseNow, type EngineCalls } from './engine.ts';

const PODS = '/api/v1/namespaces/default/pods';
export const ROLE_LABEL = 'com.amazonaws.ecs.container-name';
const WATCH_LIMIT_MS = 60_000;
const SETTLE_LIMIT_MS = 60_000;

export interface PodStatus {
  conditions?: { type: string; status: string }[];
  containerStatuses?: { name: string; restartCount: number; containerID?: string }[];
}

export interface Found {
  Id: string;
  Labels: Record<string, string>;
}

/** Everything a bench needs from one running droppod. */
export class Subject {
  readonly client: Client;
  constructor(
    readonly call: EngineCalls['call'],
    private readonly droppod: TestDroppod,
  ) {
    const access = readAccess(placeOf(droppod.data));
    if (!access) throw new Error('no kubeconfig');
    this.client = new Client(access);
  }

  /** Creates the pod; returns when the API has. */
  async create(name: string, spec: object): Promise<void> {
    const answer = await this.client.request('POST', PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      // A bench's programs ignore TERM: otherwise each removal would take the whole 30 s.
      spec: { terminationGracePeriodSeconds: 1, ...spec },
    });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  }

  async remove(name: string): Promise<void> {
    await this.client.request('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`);
  }

  /** When a watch of this pod first showed the wanted state. */
  async shown(name: string, wanted: (status: PodStatus) => boolean): Promise<number> {
    const stop = AbortSignal.timeout(WATCH_LIMIT_MS);
    for await (const line of this.client.lines(
      `${PODS}?watch=true&fieldSelector=metadata.name%3D${name}`,
      { accept: 'application/json' },
      stop,
    )) {
      const { object } = JSON.parse(line) as { object: { status: PodStatus } };
      if (wanted(object.status)) return preciseNow();
    }
    throw new Error(`${name} did not get there`);
  }

  /** All containers of this droppod. */
  async containers(): Promise<Found[]> {
    const label = `${ENGINE_LABEL}=${readInstallation(this.droppod.data)?.id ?? ''}`;
    return (await this.call(
      'GET',
      `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`,
    )) as Found[];
  }

  /** The engine's id of the one container of that name. */
  async containerId(role: string): Promise<string> {
    return (await this.containers()).find(({ Labels }) => Labels[ROLE_LABEL] === role)?.Id ?? '';
  }

  /** Resolves when the engine has nothing of this droppod left, which would be mistaken for the next one's. */
  async settled(): Promise<void> {
    for (const end = Date.now() + SETTLE_LIMIT_MS; Date.now() < end;) {
      if ((await this.containers()).length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const left = (await this.containers()).map(({ Labels }) => Labels[ROLE_LABEL]);
    throw new Error(`still there after ${SETTLE_LIMIT_MS / 1000} s: ${left.join(', ')}`);
  }

  /** CPU time of the serving process so far, user and system, in milliseconds. */
  servingCpuMs(): number {
    const threads = `/proc/${this.droppod.pid()}/task`;
    return readdirSync(threads)
      .map((thread) => Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((sum, ns) => sum + ns / 1e6, 0);
  }

  /** Resident memory of the serving process. */
  residentMiB(): number {
    return (
      Number(
        /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.droppod.pid()}/status`, 'utf8'))?.[1] ?? 0,
      ) / 1024
    );
  }
}

export const isReady = ({ conditions }: PodStatus): boolean =>
  conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** A spec of one container that runs `command`. */
export const oneContainer = (command: string[]): object => ({
  containers: [{ name: 'app', image: 'busybox', imagePullPolicy: 'IfNotPresent', command }],
});
