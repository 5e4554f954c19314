// The tested droppod, on a disk of its own that can be filled, and everything that is done to it from outside.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CONTAINER_LABEL, ENGINE_LABEL, TASK_LABEL } from '../../local/agent/labels.ts';
import { placeOf } from '../../local/cli/place.ts';
import {
  inspectContainer,
  killContainer,
  listContainers,
  removeContainer,
} from '../../local/docker/containers.ts';
import { listVolumes } from '../../local/docker/volumes.ts';
import { readInstallation } from '../../local/installation.ts';
import { createClients, type Clients } from '../../src/aws/clients.ts';
import { dynamoTable } from '../../src/aws/table.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { listRecords } from '../../src/store/records.ts';
import { PODLET_CONTAINER } from '../../src/fargate/podlet-definition.ts';
import { testDroppod, type TestDroppod } from '../e2e/droppod.ts';
import { Target } from '../fuzz/target.ts';
import { docker } from '../podlet/lab.ts';

const run = promisify(execFile);
const DISK_MIB = 512;
const TABLE = 'droppod';

export interface EngineContainer {
  id: string;
  /** Container name in the task definition. */
  name: string;
  task: string;
  running: boolean;
}

export class Stage {
  readonly target: Target;
  private readonly disk = mkdtempSync(join(tmpdir(), 'droppod-chaos-'));
  private mounted = false;
  private clients: Clients | undefined;

  constructor() {
    const data = join(this.disk, 'data');
    const droppod: TestDroppod = testDroppod(data);
    this.target = new Target(droppod);
  }

  /** Its data is on a disk of its own if this machine allows mounting one. */
  async open(log: (line: string) => void): Promise<void> {
    await run('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${DISK_MIB}m,mode=0700`,
      'tmpfs',
      this.disk,
    ]).then(
      () => {
        this.mounted = true;
      },
      (error: Error) =>
        log(`skipped: a full disk (mount: ${error.message.split('\n').at(-2) ?? ''})`),
    );
    mkdirSync(join(this.disk, 'data'), { mode: 0o700 });
    await this.target.open();
  }

  get hasOwnDisk(): boolean {
    return this.mounted;
  }

  get directory(): string {
    return this.target.droppod.data;
  }

  get engine(): string {
    return readInstallation(this.directory)?.id ?? '';
  }

  /** Writes until the disk is full. */
  fillDisk(): void {
    try {
      const block = Buffer.alloc(1 << 16);
      for (let at = 0; ; at++)
        writeFileSync(join(this.disk, 'fill'), block, { flag: at === 0 ? 'w' : 'a' });
    } catch {
      // It is full.
    }
  }

  emptyDisk(): void {
    rmSync(join(this.disk, 'fill'), { force: true });
  }

  async containers(): Promise<EngineContainer[]> {
    const all = await listContainers(docker, [`${ENGINE_LABEL}=${this.engine}`]);
    return all.map(({ Id, Labels, State }) => ({
      id: Id,
      name: Labels[CONTAINER_LABEL] ?? '',
      task: Labels[TASK_LABEL] ?? '',
      running: State === 'running' || State === 'paused',
    }));
  }

  async podlets(): Promise<EngineContainer[]> {
    return (await this.containers()).filter(
      ({ name, running }) => running && name === PODLET_CONTAINER,
    );
  }

  async apps(): Promise<EngineContainer[]> {
    return (await this.containers()).filter(
      ({ name, running }) => running && name !== PODLET_CONTAINER,
    );
  }

  /** The pod whose task a container belongs to. */
  async uidOf({ task }: EngineContainer): Promise<string | undefined> {
    const podlet = (await this.containers()).find(
      (one) => one.task === task && one.name === PODLET_CONTAINER,
    );
    const facts =
      podlet &&
      ((await inspectContainer(docker, podlet.id)) as { Config?: { Env?: string[] } } | undefined);
    return facts?.Config?.Env?.find((line) => line.startsWith('DROPPOD_UID='))?.slice(
      'DROPPOD_UID='.length,
    );
  }

  volumes = (): Promise<string[]> => listVolumes(docker, [`${ENGINE_LABEL}=${this.engine}`]);
  kill = ({ id }: EngineContainer, signal?: string): Promise<void> =>
    killContainer(docker, id, signal);
  remove = ({ id }: EngineContainer): Promise<void> => removeContainer(docker, id);

  async pause({ id }: EngineContainer, ms: number): Promise<void> {
    await docker.call('POST', `/containers/${id}/pause`).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await docker.call('POST', `/containers/${id}/unpause`).catch(() => undefined);
  }

  /** droppod's records of its pods, read through its own AWS endpoint. */
  async records(): Promise<PodRecord[]> {
    return (await this.stored('pod/')) as unknown as PodRecord[];
  }

  async stored(prefix: string): Promise<unknown[]> {
    return (await listRecords(dynamoTable(this.aws().dynamodb, TABLE), prefix)).map(
      ({ value }) => value,
    );
  }

  private aws(): Clients {
    const env = readFileSync(placeOf(this.directory).env, 'utf8');
    const value = (name: string): string => new RegExp(`${name}='?([^'\\s]+)`).exec(env)?.[1] ?? '';
    this.clients ??= createClients({
      region: value('AWS_REGION'),
      endpoint: value('AWS_ENDPOINT_URL'),
      credentials: {
        accessKeyId: value('AWS_ACCESS_KEY_ID'),
        secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
      },
    });
    return this.clients;
  }

  /** kill -9 and a new start, as after a power cut. */
  async restart(): Promise<void> {
    this.clients = undefined;
    await this.target.restart();
  }

  async close(): Promise<void> {
    this.emptyDisk();
    await this.target.close();
    if (this.mounted) await run('umount', [this.disk]);
    rmSync(this.disk, { recursive: true, force: true });
  }
}
