// A pod as the engine runs it, for the podlet's tests: the podlet's real image, app containers in its network, volumes as on ECS.
import { hostname } from 'node:os';
import {
  createContainer,
  inspectContainer,
  killContainer,
  removeContainer,
  startContainer,
  stopContainer,
} from '../../local/docker/containers.ts';
import type { Mount } from '../../local/docker/containers.ts';
import { importImage, inspectImage } from '../../local/docker/images.ts';
import { bridgeGateway } from '../../local/docker/system.ts';
import { removeVolume } from '../../local/docker/volumes.ts';
import { hostArchitecture } from '../../podlet/image/build.ts';
import { ensurePodletImage } from '../../podlet/image/image.ts';
import { present } from '../../src/present.ts';
import { containerLog, docker } from './lab.ts';
import { SyncServer } from './sync-server.ts';

const LABELS = { 'droppod/test': 'podlet' };
const LOG = { Type: 'json-file', Config: {} };

export interface PodOptions {
  containers: string[];
  /** Mounted at /v/<name> in every container. */
  volumes?: string[];
  image?: string;
  /** A podlet image other than local mode's. */
  podlet?: string;
  /** One PID namespace, the podlet's, as with shareProcessNamespace. */
  sharedProcesses?: true;
  /** The test provokes faults of the podlet itself, which are then no defects. */
  faultsExpected?: true;
}

export const podletImage = (): Promise<string> =>
  ensurePodletImage({
    architecture: hostArchitecture(),
    hasImage: async (reference) => (await inspectImage(docker, reference)) !== undefined,
    importImage: (into, tar, changes) => importImage(docker, into, tar, changes),
    log: () => undefined,
  });

export class TestPod {
  readonly server = new SyncServer();
  podlet = '';
  readonly apps: { [name: string]: string } = {};
  /** performance.now() just before the podlet's start call, and just after the engine returned. */
  startedAt = 0;
  runningAt = 0;
  private readonly name = `droppod-test-${hostname()}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  private constructor(private readonly options: PodOptions) {}

  static async open(options: PodOptions): Promise<TestPod> {
    const pod = new TestPod(options);
    const url = await pod.server.listen(await bridgeGateway(docker));
    await pod.createPodlet(options.podlet ?? (await podletImage()), url);
    pod.startedAt = performance.now();
    await startContainer(docker, pod.podlet);
    pod.runningAt = performance.now();
    await Promise.all(options.containers.map((name) => pod.createApp(name)));
    return pod;
  }

  private volume = (source: string, target: string, readOnly = false, noCopy = true): Mount => ({
    Type: 'volume',
    Source: `${this.name}-${source}`,
    Target: target,
    ReadOnly: readOnly,
    VolumeOptions: { NoCopy: noCopy, Labels: LABELS },
  });

  private async createPodlet(image: string, url: string): Promise<void> {
    const { containers, volumes = [] } = this.options;
    const env = {
      DROPPOD_SYNC_URL: `${url}/sync`,
      DROPPOD_TOKEN: 'bootstrap',
      DROPPOD_UID: 'uid-1',
      DROPPOD_ATTEMPT: '1',
      DROPPOD_TASK_ARN: 'arn:task',
      DROPPOD_CONTAINERS: containers.join(','),
    };
    this.podlet = await createContainer(docker, `${this.name}-podlet`, {
      Image: image,
      Labels: LABELS,
      User: '0:0',
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      HostConfig: {
        LogConfig: LOG,
        Mounts: [
          this.volume('bin', '/.droppod/bin', false, false),
          ...containers.map((name) => this.volume(`ctl-${name}`, `/.droppod/c/${name}`)),
          ...volumes.map((name) => this.volume(`v-${name}`, `/.droppod/v/${name}`)),
        ],
      },
    });
  }

  private async createApp(name: string): Promise<void> {
    const id = await createContainer(docker, `${this.name}-${name}`, {
      Image: this.options.image ?? 'busybox:latest',
      Entrypoint: ['/.droppod/bin/supervise'],
      Cmd: [],
      User: '0:0',
      Labels: LABELS,
      HostConfig: {
        NetworkMode: `container:${this.podlet}`,
        ...present({
          PidMode: this.options.sharedProcesses === true ? `container:${this.podlet}` : undefined,
        }),
        LogConfig: LOG,
        Mounts: [
          this.volume('bin', '/.droppod/bin', true),
          this.volume(`ctl-${name}`, '/.droppod/ctl', true),
          ...(this.options.volumes ?? []).map((volume) =>
            this.volume(`v-${volume}`, `/v/${volume}`),
          ),
        ],
      },
    });
    this.apps[name] = id;
    await startContainer(docker, id);
  }

  async exitCode(id: string): Promise<number | undefined> {
    for (let tries = 0; tries < 1_200; tries += 1) {
      const facts = await inspectContainer(docker, id);
      if (facts?.State.Running === false) return facts.State.ExitCode;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  stop = (id: string, graceSeconds: number): Promise<void> =>
    stopContainer(docker, id, graceSeconds);
  kill = (id: string, signal?: string): Promise<void> => killContainer(docker, id, signal);

  async close(): Promise<void> {
    const ids = [...Object.values(this.apps), this.podlet].filter((id) => id !== '');
    await Promise.all(ids.map((id) => killContainer(docker, id)));
    const faults =
      this.options.faultsExpected === true || this.podlet === ''
        ? []
        : podletFaults(await containerLog(this.podlet));
    for (const id of ids) await removeContainer(docker, id);
    const { containers, volumes = [] } = this.options;
    for (const volume of [
      'bin',
      ...containers.map((name) => `ctl-${name}`),
      ...volumes.map((name) => `v-${name}`),
    ])
      await removeVolume(docker, `${this.name}-${volume}`);
    this.server.close();
    if (faults.length > 0)
      throw new Error(`the podlet logged what nobody owns:\n${faults.join('\n')}`);
  }
}

/** Faults in a podlet's log, including uncaught errors (podlet/main.ts). */
export const podletFaults = (log: string): string[] => log.match(/^podlet: fault: .*/gm) ?? [];
