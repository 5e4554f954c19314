// Other users and programs of the machine are not trusted, and lost data is reported: the data directory, the AWS port, the databases.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegisterTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsAccess, droppod } from './droppod.ts';
import { kubectl, kubectlWith, type Said } from './kubectl.ts';

/** Each start takes seconds, and minutes on a busy machine. */
const SLOW_MS = 600_000;
const root = process.getuid?.() === 0;
let parent: string;
let data: string;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'droppod-locals-'));
  chmodSync(parent, 0o755);
  data = join(parent, 'data');
  mkdirSync(data);
  chmodSync(data, 0o755);
  expect(
    await droppod(['up', '--detach', '--no-hello', '--data', data, '--port', '0']),
  ).toMatchObject({ code: 0 });
}, SLOW_MS);
afterAll(async () => {
  const { code, stderr } = await droppod(['down', '--purge', '--data', data]);
  rmSync(parent, { recursive: true, force: true });
  expect(code, stderr).toBe(0);
}, SLOW_MS);

const k = (...words: string[]): Promise<Said> => kubectl(join(data, 'kubeconfig'), ...words);

/** Runs a program as the user nobody. */
function asNobody(file: string, words: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(
      'setpriv',
      ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', file, ...words],
      { timeout: 120_000 },
      (error, stdout, stderr) =>
        resolve({
          stdout,
          stderr,
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
        }),
    );
  });
}

/** Posts a JSON body and prints status and response. */
const POST =
  "const [url, target, type, host] = process.argv.slice(1); const http = require('node:http'); const sent = http.request(url, { method: 'POST', headers: { ...(target ? { 'x-amz-target': target } : {}), 'content-type': type, ...(host ? { host } : {}) } }, (answer) => { let text = ''; answer.on('data', (chunk) => { text += chunk; }); answer.on('end', () => console.log(answer.statusCode, text)); }); sent.end('{}');";

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => [
    join(directory, entry.name),
    ...(entry.isDirectory() ? files(join(directory, entry.name)) : []),
  ]);
}

describe('the data directory', () => {
  it("is its owner's alone although it was there with mode 755, and so is every file in it", () => {
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(files(data).filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([]);
    expect(files(data).length).toBeGreaterThan(15);
  });

  it('cannot be read by another user', async () => {
    if (!root) return console.log('locals: not root here, the other user was left out');
    expect(await asNobody('cat', [join(data, 'installation.json')])).toMatchObject({ code: 1 });
    expect(await asNobody('ls', [join(data, 'dynamodb')])).toMatchObject({ stdout: '' });
  });
});

describe('the AWS port', () => {
  it.each([
    [
      'a task of another user',
      '/',
      'AmazonEC2ContainerServiceV20141113.RunTask',
      'application/x-amz-json-1.1',
      '',
      /^400 .*MissingAuthenticationTokenException/,
    ],
    [
      'the table',
      '/',
      'DynamoDB_20120810.Scan',
      'application/x-amz-json-1.0',
      '',
      /^400 .*MissingAuthenticationTokenException/,
    ],
    [
      'a function',
      '/2015-03-31/functions/sweep/invocations',
      '',
      'application/json',
      '',
      /^403 .*Missing Authentication Token|^403 .*missing Authentication Token/i,
    ],
    [
      'a post that a page elsewhere may send',
      '/2015-03-31/functions/sweep/invocations',
      '',
      'text/plain',
      '',
      /^403 /,
    ],
    [
      'a name that was rebound to this machine',
      '/',
      'DynamoDB_20120810.ListTables',
      'application/x-amz-json-1.0',
      'rebound.example',
      /^421 /,
    ],
  ])('does not serve %s', async (_what, path, target, type, host, words) => {
    const words1 = ['-e', POST, awsAccess(data).endpoint + path, target, type, host];
    const said = root
      ? await asNobody(process.execPath, words1)
      : await new Promise<Said>((resolve) => {
          execFile(process.execPath, words1, (_error, stdout, stderr) =>
            resolve({ stdout, stderr, code: 0 }),
          );
        });
    expect(said.stdout, said.stderr).toMatch(words);
  });

  it('gives the owner of the key no path of the host either, unless droppod is up beyond Fargate', async () => {
    const ecs = new ECSClient(awsAccess(data));
    await expect(
      ecs.send(
        new RegisterTaskDefinitionCommand({
          family: 'f',
          containerDefinitions: [{ name: 'a', image: 'busybox' }],
          volumes: [{ name: 'v', host: { sourcePath: '/' } }],
        }),
      ),
    ).rejects.toMatchObject({
      name: 'ClientException',
      message: 'Fargate compatible task definitions do not support sourcePath',
    });
    ecs.destroy();
  });
});

describe('down --purge', () => {
  it(
    "of a directory that is not droppod's removes nothing",
    async () => {
      const foreign = join(parent, 'foreign');
      mkdirSync(join(foreign, 'logs'), { recursive: true });
      for (const name of ['pid', 'log', 'env', 'diary', join('logs', 'old')])
        writeFileSync(join(foreign, name), 'mine');
      const before = files(foreign);
      expect(await droppod(['down', '--purge', '--data', foreign])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: `droppod: ${foreign} has no installation.json, so it is not known to be droppod's: nothing was removed\n`,
      });
      expect(files(foreign)).toEqual(before);
      expect(await droppod(['up', '--detach', '--data', foreign, '--port', '0'])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/is not droppod's and not empty \(diary\)/),
      });
      expect(files(foreign)).toEqual(before);
    },
    SLOW_MS,
  );
});

describe('starts', () => {
  it(
    'two at once on a fresh directory end with one droppod, and both say where it is',
    async () => {
      const fresh = join(parent, 'fresh');
      try {
        const both = await Promise.all(
          [0, 1].map(() =>
            droppod(['up', '--detach', '--no-hello', '--data', fresh, '--port', '0']),
          ),
        );
        expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
          [0, ''],
          [0, ''],
        ]);
        const said = both.map(
          ({ stdout }) => /at https:\/\/127\.0\.0\.1:\d+ \(process \d+\)/.exec(stdout)?.[0],
        );
        expect(said[0]).toBeDefined();
        expect(said[1]).toBe(said[0]);
      } finally {
        expect((await droppod(['down', '--purge', '--data', fresh])).code).toBe(0);
      }
      expect(existsSync(fresh)).toBe(false);
    },
    SLOW_MS,
  );

  // test/local/database.test.ts covers the ways in which a log can be damaged.
  it(
    "after a kill, with half of the table's log gone, says so in one line; accepting the loss repeats no version",
    async () => {
      const hurtful = mkdtempSync(join(parent, 'hurt-'));
      const config = join(hurtful, 'kubeconfig');
      try {
        expect(
          (await droppod(['up', '--detach', '--no-hello', '--data', hurtful, '--port', '0'])).code,
        ).toBe(0);
        for (let number = 0; number < 6; number++)
          await kubectlWith(
            config,
            JSON.stringify({
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: `c${number}` },
              data: { x: 'x'.repeat(2000) },
            }),
            'create',
            '-f',
            '-',
          );
        const version = Number(
          (
            await kubectl(
              config,
              'get',
              'configmap',
              'c5',
              '-o',
              'jsonpath={.metadata.resourceVersion}',
            )
          ).stdout,
        );
        const pid = Number(readFileSync(join(hurtful, 'pid'), 'utf8'));
        process.kill(pid, 'SIGKILL');
        await expect.poll(() => existsSync(`/proc/${pid}/exe`)).toBe(false);
        const table = join(hurtful, 'dynamodb');
        const log = join(
          table,
          readdirSync(table)
            .filter((name) => name.endsWith('.log'))
            .sort()
            .at(-1)!,
        );
        truncateSync(log, statSync(log).size >> 1);
        const refused = await droppod([
          'up',
          '--detach',
          '--no-hello',
          '--data',
          hurtful,
          '--port',
          '0',
        ]);
        expect(refused.code).toBe(1);
        expect(refused.stderr).toMatch(
          /^droppod: the database dynamodb in .* is damaged \(.*\), so acknowledged writes may be lost: restore .* or go on with what is left by \.\/droppod up --accept-loss --data .*\n$/,
        );
        expect(
          (
            await droppod([
              'up',
              '--detach',
              '--no-hello',
              '--data',
              hurtful,
              '--port',
              '0',
              '--accept-loss',
            ])
          ).code,
        ).toBe(0);
        const made = await kubectlWith(
          config,
          JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'after' } }),
          'create',
          '-o',
          'jsonpath={.metadata.resourceVersion}',
          '-f',
          '-',
        );
        expect(Number(made.stdout)).toBeGreaterThan(version);
      } finally {
        expect((await droppod(['down', '--purge', '--data', hurtful])).code).toBe(0);
      }
    },
    SLOW_MS,
  );

  it(
    'without the keys of the data, or with half of them, it says what to do',
    async () => {
      const keyless = mkdtempSync(join(parent, 'keyless-'));
      mkdirSync(join(keyless, 'dynamodb'));
      expect(await droppod(['up', '--detach', '--data', keyless, '--port', '0'])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^droppod: .*installation\.json is missing, .*to start anew\n$/,
        ),
      });
      writeFileSync(join(keyless, 'installation.json'), '{"id":');
      expect(await droppod(['up', '--detach', '--data', keyless, '--port', '0'])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^droppod: .*installation\.json cannot be read \(.*\n$/),
      });
      expect(await droppod(['down', '--purge', '--data', keyless])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^droppod: nothing was removed: .*installation\.json cannot be read/,
        ),
      });
    },
    SLOW_MS,
  );
});

it("what the API answers is still the owner's", async () => {
  expect((await k('get', '--raw', '/readyz')).stdout).toBe('ok');
});
