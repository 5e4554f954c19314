// Starts a droppod of its own through the command line, in a directory of its own, and removes it again.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UNOWNED } from '../../local/cli/last-net.ts';
import { kubectl, kubectlWith, type Said } from './kubectl.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const example = (name: string): string => join(ROOT, 'examples', `${name}.yaml`);

/** Log lines of a serving process that are defects in any test: uncaught errors, and leaking listeners. */
export function faultsIn(log: string): string[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes(UNOWNED) || line.includes('MaxListenersExceededWarning'));
}

/** Internal faults that podlets report (podlet/agent.ts), from the JSON of a list of events; '' has none. */
export function faultEventsIn(json: string): string[] {
  const { items = [] } = (json.startsWith('{') ? JSON.parse(json) : {}) as {
    items?: { involvedObject: { namespace: string; name: string }; message: string }[];
  };
  return items.map(
    ({ involvedObject: { namespace, name }, message }) => `${namespace}/${name}: ${message}`,
  );
}

/** Runs ./droppod; never rejects for its exit code. */
export function droppod(words: string[], timeoutMs = 300_000): Promise<Said> {
  return new Promise((resolve) => {
    execFile(
      join(ROOT, 'droppod'),
      words,
      { cwd: ROOT, timeout: timeoutMs, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({
          stdout,
          stderr,
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
        }),
    );
  });
}

export interface TestDroppod {
  data: string;
  kubeconfig: string;
  /** Process id of the serving process. */
  pid(): number;
  up(...words: string[]): Promise<Said>;
  k(...words: string[]): Promise<Said>;
  kIn(input: string, ...words: string[]): Promise<Said>;
  /** The object as JSON, or undefined when kubectl finds none. */
  get(kind: string, name: string): Promise<Record<string, never> | undefined>;
  /** Waits until `check` of the pod holds; fails after `seconds` with the pod's last status. */
  until(name: string, check: (pod: PodJson) => boolean, seconds?: number): Promise<PodJson>;
  /** The STATUS cell that `kubectl get pod` prints. */
  status(name: string): Promise<string>;
  /** Fails if the serving process or a podlet had an uncaught error; `podletFaults`: the test provokes those of podlets. */
  purge(options?: { podletFaults: 'expected' }): Promise<void>;
}

export interface ContainerJson {
  name: string;
  restartCount: number;
  ready: boolean;
  containerID?: string;
  state: {
    waiting?: { reason: string; message?: string };
    running?: { startedAt: string };
    terminated?: {
      exitCode: number;
      reason: string;
      message?: string;
      startedAt: string;
      finishedAt: string;
    };
  };
  lastState: ContainerJson['state'];
}

export interface PodJson {
  metadata: { name: string; uid: string; resourceVersion: string; deletionTimestamp?: string };
  spec: Record<string, unknown>;
  status: {
    phase: string;
    reason?: string;
    podIP?: string;
    conditions: { type: string; status: string; reason?: string }[];
    containerStatuses?: ContainerJson[];
    initContainerStatuses?: ContainerJson[];
  };
}

/** A new droppod on free ports, in a new directory or the given one; `up` still has to be called. */
export function testDroppod(data = mkdtempSync(join(tmpdir(), 'droppod-e2e-'))): TestDroppod {
  const kubeconfig = join(data, 'kubeconfig');
  const k = (...words: string[]): Promise<Said> => kubectl(kubeconfig, ...words);
  const until: TestDroppod['until'] = async (name, check, seconds = 120) => {
    let last = '';
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      const { stdout, stderr } = await k('get', 'pod', name, '-o', 'json');
      last = stdout || stderr;
      if (stdout.startsWith('{')) {
        const pod = JSON.parse(stdout) as PodJson;
        if (check(pod)) return pod;
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    throw new Error(`pod ${name} did not get there within ${seconds} s: ${last}`);
  };
  return {
    data,
    kubeconfig,
    pid: () => Number(readFileSync(join(data, 'pid'), 'utf8')),
    up: (...words) =>
      droppod([
        'up',
        '--detach',
        '--data',
        data,
        ...(words.includes('--port') ? [] : ['--port', '0']),
        ...words,
      ]),
    k,
    kIn: (input, ...words) => kubectlWith(kubeconfig, input, ...words),
    get: async (kind, name) => {
      const { stdout, code } = await k('get', kind, name, '-o', 'json');
      return code === 0 ? (JSON.parse(stdout) as Record<string, never>) : undefined;
    },
    until,
    status: async (name) =>
      (await k('get', 'pod', name, '--no-headers')).stdout.trim().split(/\s+/)[2] ?? '',
    purge: async (options) => {
      // Checked while it is up; one that is already down, or was never up, reports nothing.
      const met =
        options?.podletFaults === 'expected'
          ? []
          : faultEventsIn(
              (
                await k(
                  'get',
                  'events',
                  '-A',
                  '--field-selector',
                  'reason=PodletFault',
                  '-o',
                  'json',
                )
              ).stdout,
            );
      // Stopped first, so that the log is complete; the purge removes it. A droppod that is already down refuses, which is fine here.
      await droppod(['down', '--data', data]);
      const faults = faultsIn(join(data, 'log'));
      const { code, stderr } = await droppod(['down', '--purge', '--data', data]);
      for (const path of [data, `${data}.kube-cache`])
        rmSync(path, { recursive: true, force: true });
      if (code !== 0) throw new Error(`down --purge failed: ${stderr}`);
      if (met.length > 0) throw new Error(`podlets met what nobody owns:\n${met.join('\n')}`);
      if (faults.length > 0)
        throw new Error(`the serving process logged what nobody owns:\n${faults.join('\n')}`);
    },
  };
}

/** Endpoint and access key of a droppod's AWS port, from its env file. */
export function awsAccess(data: string): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} {
  const text = readFileSync(join(data, 'env'), 'utf8');
  const value = (name: string): string => new RegExp(`${name}='?([^'\\s]+)`).exec(text)?.[1] ?? '';
  return {
    endpoint: value('AWS_ENDPOINT_URL'),
    region: value('AWS_REGION'),
    credentials: {
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
    },
  };
}

/** Polls until `pattern` matches (tests that run concurrently cannot use expect.poll in helpers); fails with the last text. */
export async function eventually(
  read: () => string | Promise<string>,
  pattern: RegExp,
  seconds = 120,
): Promise<string> {
  let last = '';
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    last = await read();
    if (pattern.test(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${String(pattern)} did not come within ${seconds} s: ${last}`);
}

/** A pod manifest as JSON text. */
export function podOf(name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
}
