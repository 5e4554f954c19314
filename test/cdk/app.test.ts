// The CDK app as the command line runs it: droppod's context is accepted, and wrong or missing options end the synthesis.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { contextArguments } from '../../local/cli/deploy/choices.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'droppod-app-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const run = (args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
const cdk = (...args: string[]): Promise<Ended> =>
  run(
    [join(ROOT, 'node_modules/aws-cdk/bin/cdk'), ...args, '--output', join(scratch, 'cdk.out')],
    ROOT,
    { AWS_EC2_METADATA_DISABLED: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' },
  );

it('the real CDK takes the context of `droppod deploy`', async () => {
  const context = contextArguments({
    image: 'registry.example/podlet@sha256:1',
    capacity: 'spot',
    architecture: 'arm64',
    admin: ['arn:aws:iam::000000000000:role/a'],
    mirror: ['docker.io=123456789012.dkr.ecr.us-east-1.amazonaws.com/docker-hub'],
  });
  const { code, stdout, stderr } = await cdk('list', ...context);
  expect([code, stdout.trim(), code === 0 ? '' : stderr]).toEqual([0, 'Droppod', '']);
}, 240_000);

it('a context that does not fit ends it with one reason', async () => {
  const { code, stderr } = await cdk('list', '--context', 'architecture=x86');
  expect(code).not.toBe(0);
  expect(stderr).toContain('context is refused: architecture=x86 does not fit');
}, 240_000);

it('a part of the podlet image that cannot be made ends it: there is no stack with an empty image', async () => {
  const copy = join(scratch, 'copy');
  for (const part of ['cdk', 'podlet', 'src', 'functions', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const bin = join(scratch, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'go'),
    '#!/bin/sh\n[ "$1" = version ] || { echo "no such toolchain" >&2; exit 1; }\n',
    { mode: 0o755 },
  );
  const { code, stderr } = await run(['--import', 'tsx', 'cdk/app.ts'], copy, {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    CDK_OUTDIR: join(scratch, 'none'),
  });
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/the podlet image cannot be put together: .*[\s\S]*no such toolchain/);
}, 240_000);
