// AWS's runtime interface client (npm aws-lambda-ric), the base of the managed Node runtimes, as a process for a function.
// It is downloaded, not installed: its installation compiles curl, which its streaming part does not need.
import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '../../build/runtime-clients');

/** The versions (nodejs22.x and nodejs24.x have 3 and 4), the checksums of their packages, the entry point, and the addon's path. */
const CLIENTS: Record<string, { integrity: string; main: string; addon: string }> = {
  '3.3.0': {
    integrity:
      '9p06TbKVK4a050NY/vYOxhMHvnIiUu5o1W0//q6yNLSqA/c91pn4BOj3C3sRTpplkUNsGJdU5qWyU2STo6L8hA==',
    main: 'bin/index.mjs',
    addon: 'dist',
  },
  '4.0.2': {
    integrity:
      'FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==',
    main: 'index.mjs',
    addon: '.',
  },
};

export const VERSIONS = Object.keys(CLIENTS);

/** Replaces the addon, by which the client posts failed invocations and whole responses and, by default, gets invocations. */
const ADDON = `
const { execFileSync } = require('node:child_process');
const { basename } = require('node:path');
const post = (path, type, body) => execFileSync(process.execPath, ['-e', \`
  fetch('http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/' + process.argv[1], {
    method: 'POST', body: process.argv[2], headers: { 'content-type': 'application/json' } })\`, path, body]);
require('node:module')._extensions['.node'] = (module, file) => {
  if (basename(file) !== 'rapid-client.node') return process.dlopen(module, file);
  module.exports = {
    initializeClient() {},
    done: (id, body) => post(id + '/response', '', body),
    error: (id, body) => post(id + '/error', '', body),
  };
};
`;

/** The directory of a version's package; undefined if no registry responds. */
export async function fetchClient(version: string): Promise<string | undefined> {
  const directory = join(CACHE, version);
  if (existsSync(directory)) return join(directory, 'package');
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, 'making-'));
  try {
    const name = `aws-lambda-ric@${version}`;
    const options = ['--silent', '--prefer-offline', '--fetch-retries=0', '--fetch-timeout=20000'];
    await run('npm', ['pack', name, ...options], { cwd: making, timeout: 30_000 });
  } catch {
    rmSync(making, { recursive: true, force: true });
    return undefined;
  }
  const archive = join(making, `aws-lambda-ric-${version}.tgz`);
  const { integrity, addon } = CLIENTS[version]!;
  const found = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (found !== integrity)
    throw new Error(`aws-lambda-ric ${version} is another package: ${found}`);
  await run('tar', ['xzf', archive, '--exclude=package/deps'], { cwd: making });
  const client = join(making, 'package');
  writeFileSync(join(client, addon, 'rapid-client.node'), '');
  writeFileSync(join(client, 'addon.cjs'), ADDON);
  try {
    renameSync(making, directory);
  } catch {
    // Another run was faster.
    rmSync(making, { recursive: true, force: true });
  }
  return join(directory, 'package');
}

export interface RuntimeOptions {
  version: string;
  /** The directory of the function's file, like /var/task on Lambda. */
  directory: string;
  handler: string;
  runtimeApi: string;
  environment: Record<string, string>;
  /** Called with its last output when it ends by itself. */
  died: (words: string) => void;
}

/** Starts an environment of a function; the returned function stops it. */
export async function startRuntime(options: RuntimeOptions): Promise<() => Promise<void>> {
  const client = (await fetchClient(options.version))!;
  const { main } = CLIENTS[options.version]!;
  const child = spawn(
    process.execPath,
    ['--require', join(client, 'addon.cjs'), join(client, main), options.handler],
    {
      cwd: options.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        AWS_LAMBDA_RUNTIME_API: options.runtimeApi,
        AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
        AWS_LAMBDA_FUNCTION_NAME: 'front',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/front',
        AWS_LAMBDA_LOG_STREAM_NAME: 'front',
        AWS_REGION: 'us-east-1',
        LAMBDA_TASK_ROOT: options.directory,
        _HANDLER: options.handler,
        ...options.environment,
      },
    },
  );
  let words = '';
  child.stderr?.on('data', (part: Buffer) => {
    words = `${words}${part.toString()}`.slice(-4000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const died = (): void => options.died(words);
  child.once('exit', died);
  return () => {
    child.off('exit', died);
    child.kill('SIGKILL');
    return ended;
  };
}
