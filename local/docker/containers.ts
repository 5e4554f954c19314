// Containers of the engine, one function per call. Calls that stop or remove a container may be repeated.
import { setTimeout } from 'node:timers/promises';
import { DockerError, isMissing, type Docker } from './engine-api.ts';

/** Body of a create call, as far as the agent uses it (Engine API names). */
export interface ContainerSpec {
  Image: string;
  Hostname?: string;
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  User?: string;
  WorkingDir?: string;
  Labels: Record<string, string>;
  Tty?: boolean;
  OpenStdin?: boolean;
  Healthcheck?: { Test: ['NONE'] };
  StopTimeout?: number;
  HostConfig: HostConfig;
}

export interface HostConfig {
  NetworkMode?: string;
  PidMode?: string;
  Memory?: number;
  MemorySwap?: number;
  MemoryReservation?: number;
  CpuShares?: number;
  /** Microseconds of CPU time per period of `CpuPeriod` microseconds. */
  CpuQuota?: number;
  CpuPeriod?: number;
  PidsLimit?: number;
  Privileged?: boolean;
  ReadonlyRootfs?: boolean;
  CapAdd?: string[];
  CapDrop?: string[];
  SecurityOpt?: string[];
  /** Empty: none. Absent: the engine's own. */
  MaskedPaths?: string[];
  ReadonlyPaths?: string[];
  DeviceCgroupRules?: string[];
  Init?: boolean;
  Tmpfs?: Record<string, string>;
  Sysctls?: Record<string, string>;
  Mounts?: Mount[];
  /** `source:target[:ro]`; a missing source is created as a directory, which `Mounts` entries do not do. */
  Binds?: string[];
  LogConfig: { Type: string; Config: Record<string, string> };
}

export interface Mount {
  Type: 'volume' | 'bind';
  Source: string;
  Target: string;
  ReadOnly: boolean;
  VolumeOptions?: { NoCopy: boolean; Labels: Record<string, string> };
}

/** What inspect reports, as far as the agent reads it. */
export interface ContainerFacts {
  Id: string;
  Image: string;
  Created: string;
  State: {
    Status: string;
    Running: boolean;
    OOMKilled: boolean;
    ExitCode: number;
    StartedAt: string;
    FinishedAt: string;
    Error: string;
  };
  NetworkSettings: {
    Networks: Record<string, { IPAddress: string; MacAddress: string } | null> | null;
  };
}

/** Returns the id; a taken name throws DockerError 409, an unknown image 404. */
export async function createContainer(
  docker: Docker,
  name: string,
  spec: ContainerSpec,
): Promise<string> {
  const answer: { Id: string } = JSON.parse(
    await docker.call('POST', '/containers/create', { query: { name }, body: spec }),
  );
  return answer.Id;
}

/** Does nothing to a container that already runs. */
export async function startContainer(docker: Docker, id: string): Promise<void> {
  await docker.call('POST', `/containers/${id}/start`);
}

/** The engine's statistics of the container as JSON; `null`: no such container. */
export async function containerStats(docker: Docker, id: string): Promise<string> {
  try {
    return await docker.call('GET', `/containers/${id}/stats`, {
      query: { stream: 'false', 'one-shot': 'true' },
    });
  } catch (error) {
    if (isMissing(error)) return 'null';
    throw error;
  }
}

/** Bytes in use right now; undefined: it does not run. */
export async function memoryUsage(docker: Docker, id: string): Promise<number | undefined> {
  const answer: { memory_stats?: { usage?: number } } = JSON.parse(
    await docker.call('GET', `/containers/${id}/stats`, {
      query: { stream: 'false', 'one-shot': 'true' },
    }),
  );
  return answer.memory_stats?.usage;
}

/** Sends the image's stop signal, and KILL after `graceSeconds`; resolves when it has exited. Missing and exited ones are ignored. */
export async function stopContainer(
  docker: Docker,
  id: string,
  graceSeconds: number,
): Promise<void> {
  await unlessMissing(
    docker.call('POST', `/containers/${id}/stop`, { query: { t: String(graceSeconds) } }),
  );
}

/** Sends a signal; a container that is missing or not running is ignored. */
export async function killContainer(docker: Docker, id: string, signal = 'SIGKILL'): Promise<void> {
  try {
    await docker.call('POST', `/containers/${id}/kill`, { query: { signal } });
  } catch (error) {
    if (!(error instanceof DockerError && (error.status === 404 || error.status === 409)))
      throw error;
  }
}

/** How often, and after how long each, a removal is tried again while another one is in progress: 30 s in all. */
const REMOVALS = 300;
const REMOVAL_MS = 100;

/**
 * Kills and removes it with its anonymous volumes, and returns once it is gone, whoever removed it: only then are its volumes
 * free. A missing one is ignored.
 */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await docker.call('DELETE', `/containers/${id}`, { query: { force: '1', v: '1' } });
      return;
    } catch (error) {
      if (isMissing(error)) return;
      const isUnderWay = error instanceof DockerError && error.status === 409;
      if (!isUnderWay || attempt === REMOVALS) throw error;
      await setTimeout(REMOVAL_MS);
    }
  }
}

/** undefined: the engine has no such container. */
export async function inspectContainer(
  docker: Docker,
  id: string,
): Promise<ContainerFacts | undefined> {
  try {
    const facts: ContainerFacts = JSON.parse(await docker.call('GET', `/containers/${id}/json`));
    return facts;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export interface ListedContainer {
  Id: string;
  Names: string[];
  Labels: Record<string, string>;
  State: string;
}

/** All containers, exited ones too, that carry every one of `labels` (`key` or `key=value`). */
export async function listContainers(docker: Docker, labels: string[]): Promise<ListedContainer[]> {
  const answer: ListedContainer[] = JSON.parse(
    await docker.call('GET', '/containers/json', {
      query: { all: '1', filters: JSON.stringify({ label: labels }) },
    }),
  );
  return answer;
}

/** Limits that may change while a container runs; absent ones stay as they are. */
export type ContainerLimits = Pick<
  HostConfig,
  'Memory' | 'MemorySwap' | 'CpuShares' | 'CpuQuota' | 'CpuPeriod'
>;

/** Changes limits in place; throws DockerError when refused (memory in use, or a limit below the kernel's minimum). */
export async function updateContainer(
  docker: Docker,
  id: string,
  limits: ContainerLimits,
): Promise<void> {
  await docker.call('POST', `/containers/${id}/update`, { body: limits });
}

async function unlessMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
