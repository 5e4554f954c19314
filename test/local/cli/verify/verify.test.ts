// verify-aws without an account: what is chosen, said, asked, deployed, counted and deleted. Its proofs: proofs.test.ts, and for real test/localstack.
import { createServer } from 'node:https';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAccount, connectEvidence } from '../../../../local/compose/aws-account.ts';
import {
  failed,
  passed,
  unproven,
  type Assumption,
} from '../../../../local/cli/verify/assumption.ts';
import { ASSUMPTIONS } from '../../../../local/cli/verify/assumptions.ts';
import { choose } from '../../../../local/cli/verify/choose.ts';
import { costLine, costOf, dollars } from '../../../../local/cli/verify/cost.ts';
import { apiLogin } from '../../../../local/cli/verify/api-login.ts';
import { planLines, resultLines } from '../../../../local/cli/verify/table.ts';
import { verify, type VerifyOptions } from '../../../../local/cli/verify/verify.ts';
import { makeCertificates } from '../../../../local/tls/certificates.ts';
import { FakeAws } from '../../../fakes/fake-aws.ts';

const DECISIONS = readFileSync(
  fileURLToPath(new URL('../../../../docs/decisions.md', import.meta.url)),
  'utf8',
);

const assumption = (id: string, rest: Partial<Assumption> = {}): Assumption => ({
  id,
  assumed: `${id} holds`,
  proof: `${id} is looked at`,
  uses: {},
  isQuick: true,
  prove: () => Promise.resolve(passed('seen')),
  ...rest,
});

describe('the list', () => {
  it('every assumption has a fallback in docs/decisions.md, and every fallback an assumption', () => {
    const section = DECISIONS.split('\n## Assumptions about AWS\n')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)];
    expect(rows.map(([, id]) => id).sort()).toEqual(
      [...ASSUMPTIONS.map(({ id }) => id), 'destroy'].sort(),
    );
  });

  it('IDs are names that a pod may have, and none comes twice', () => {
    const ids = ASSUMPTIONS.map(({ id }) => id);
    expect(ids.filter((id) => !/^[a-z][a-z-]{1,40}[a-z]$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('all of it costs less than half a dollar', () => {
    const cost = ASSUMPTIONS.reduce((sum, { uses }) => sum + costOf(uses), 0);
    expect(cost).toBeGreaterThan(0.01);
    expect(cost).toBeLessThan(0.5);
  });
});

describe('choose', () => {
  const all = [assumption('one'), assumption('two', { isQuick: false }), assumption('three')];
  it.each([
    ['nothing said: all', {}, ['one', 'two', 'three']],
    ['quick ones', { quick: true }, ['one', 'three']],
    ['in the order of the list', { only: ['three', 'two'] }, ['two', 'three']],
    ['both', { only: ['two', 'three'], quick: true }, ['three']],
  ])('%s', (_name, choice, ids) => expect(choose(all, choice).map(({ id }) => id)).toEqual(ids));
  it('names what there is where an ID is unknown', () =>
    expect(() => choose(all, { only: ['four'] })).toThrow(
      '--only four: there are one, two, three',
    ));
});

describe('cost', () => {
  it.each([
    ['nothing', {}, 0],
    // 0.0101 + 0.00222 + 0.005 an hour, by the second, with a start; 60 answers; the pod's own calls.
    ['a pod of 20 s bills a minute', { pods: 1, podSeconds: 20 }, 0.000921],
    ['two pods of 90 s', { pods: 2, podSeconds: 90 }, 0.002424],
    ['an hour of an open watch', { openSeconds: 3600 }, 0.06],
    ['a thousand requests', { requests: 1000 }, 0.001867],
    ['a MiB', { writtenKiB: 1024 }, 0.00128],
  ])('%s', (_name, uses, usd) => expect(costOf(uses)).toBeCloseTo(usd, 5));

  it('is said upwards, in a line', () => {
    expect([0, 0.00012, 0.0551].map(dollars)).toEqual(['$0.0000', '$0.0002', '$0.06']);
    expect(costLine([{ pods: 2, podSeconds: 30 }, { requests: 7 }])).toBe(
      'about $0.0019 at list prices: 2 pods of the smallest size for 2 minutes together, 127 requests',
    );
  });
});

describe('table', () => {
  it('the plan has a price and a proof for each', () =>
    expect(planLines([assumption('one'), assumption('three', { uses: { pods: 1 } })])).toEqual([
      'one    $0.0000  one is looked at',
      'three  $0.0010  three is looked at',
    ]));

  it('failures come last, with assumption and fallback', () => {
    const row = { seconds: 3, assumed: 'it holds' };
    expect(
      resultLines([
        { id: 'a', ...row, ...failed('not so') },
        { id: 'bb', ...row, ...unproven('no way') },
        { id: 'c', ...row, ...passed('yes') },
      ]),
    ).toEqual([
      'passed    c      3 s  yes',
      'unproven  bb     3 s  no way',
      'failed    a      3 s  not so',
      '          assumed: it holds',
      '          fallback: docs/decisions.md#assumptions-about-aws, row a',
      '1 passed, 1 unproven, 1 failed',
    ]);
  });
});

const directory = mkdtempSync(join(tmpdir(), 'droppod-verify-'));
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
};
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

describe('login', () => {
  it.each([
    ['a token', { token: 'abc' }],
    ['a file', { tokenFile: join(directory, 'token') }],
    ['a program', { exec: { command: 'sh', args: ['-c', 'echo "$OUT"'], env: [out('abc')] } }],
  ])('takes %s of a kubeconfig', async (_name, user) => {
    writeFileSync(join(directory, 'token'), 'abc\n');
    const path = join(directory, 'kubeconfig');
    const cluster = { server: 'https://api.example/', 'certificate-authority-data': 'Q0E=' };
    writeFileSync(path, JSON.stringify({ clusters: [{ cluster }], users: [{ user }] }));
    const login = apiLogin(path, () => 0);
    expect([login.server, login.ca, await login.token()]).toEqual([
      'https://api.example',
      'CA',
      'abc',
    ]);
  });
});

/** As `aws eks get-token` answers. */
function out(token: string): { name: string; value: string } {
  return { name: 'OUT', value: JSON.stringify({ status: { token } }) };
}

/** The result of a run against an account that imitates AWS; its API knows only namespaces. */
async function verified(
  options: VerifyOptions,
  {
    assumptions = [assumption('one')],
    isThere = true,
    isAws = true,
    answer,
  }: {
    assumptions?: Assumption[];
    isThere?: boolean;
    isAws?: boolean;
    answer?: boolean;
  } = {},
) {
  const certificates = await makeCertificates(['127.0.0.1'], new Date());
  const asked: string[] = [];
  const api = createServer(
    { cert: certificates.certificate, key: certificates.key },
    ({ method = '', url = '' }, response) => {
      asked.push(`${method} ${url.replace('/api/v1/namespaces', '')}`);
      response.writeHead(method === 'GET' ? 404 : 200).end();
    },
  );
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      api.closeAllConnections();
      api.close();
    },
  });
  const stack = { status: 'CREATE_COMPLETE', outputs: {} };
  const aws = new FakeAws({ stack: isThere ? stack : undefined });
  process.env['AWS_ENDPOINT_URL'] = await aws.listen();
  opened.push(aws);
  const lines: string[] = [];
  const done: string[] = [];
  const outcome = await verify(options, {
    account: connectAccount('us-east-1'),
    aws: connectEvidence('us-east-1'),
    assumptions,
    isAws,
    confirm: (question) => {
      done.push(question);
      return Promise.resolve(answer);
    },
    deploy: () => {
      done.push('deploy');
      aws.state.stack = stack;
      return Promise.resolve();
    },
    destroy: () => {
      done.push('destroy');
      aws.state.stack = undefined;
      return Promise.resolve();
    },
    login: () => ({
      server: `https://127.0.0.1:${(api.address() as AddressInfo).port}`,
      ca: certificates.ca,
      token: () => Promise.resolve('me'),
    }),
    now: () => 0,
    sleep: () => Promise.resolve(),
    unique: () => '1',
    out: (line) => lines.push(line),
  }).catch((error: unknown) => String(error));
  return { outcome, lines, done, asked };
}

describe('verify-aws', () => {
  beforeEach(() => Object.assign(process.env, ENVIRONMENT));
  afterEach(() => {
    for (const name of ['AWS_ENDPOINT_URL', ...Object.keys(ENVIRONMENT)]) delete process.env[name];
  });

  it('says what it costs, asks, and does nothing where nobody or no is answered', async () => {
    const { outcome, lines, done, asked } = await verified({}, { isThere: false });
    expect(outcome).toContain('say --yes where nobody can answer');
    expect(lines).toEqual([
      'one  $0.0000  one is looked at',
      'about $0.0000 at list prices: 0 pods of the smallest size for 0 minutes together, 0 requests',
      'the stack Droppod is made for it',
    ]);
    expect(done).toEqual([
      'Prove this in account 000000000000 in us-east-1? What it makes is deleted. [y/N] ',
    ]);
    expect(asked).toEqual([]);
    expect((await verified({}, { answer: false })).outcome).toContain('nothing was done');
  });

  it('uses a stack that is there, in a namespace that goes again', async () => {
    const { outcome, done, asked } = await verified({ yes: true });
    expect([outcome, done]).toEqual([true, []]);
    expect(asked.filter((one) => !one.includes('/pods'))).toEqual([
      'POST ',
      'DELETE /droppod-verify-1-more',
      'GET /droppod-verify-1-more',
      'DELETE /droppod-verify-1',
      'GET /droppod-verify-1',
    ]);
  });

  it('makes the stack where there is none and deletes it, whatever came of it', async () => {
    const broken = assumption('one', { prove: () => Promise.reject(new Error('broken')) });
    const { outcome, done, lines } = await verified(
      { yes: true },
      { isThere: false, assumptions: [broken] },
    );
    expect([outcome, done]).toEqual([false, ['deploy', 'destroy']]);
    expect(lines.at(-1)).toBe('1 passed, 0 unproven, 1 failed');
    expect(lines).toContain('failed one: broken');
  });

  it('leaves all as it is with --keep, and writes the rows', async () => {
    const json = join(directory, 'rows.json');
    const { outcome, done, lines, asked } = await verified(
      { keep: true, json },
      { isThere: false, answer: true },
    );
    expect(outcome).toBe(true);
    expect(done).toEqual([expect.stringContaining('What it makes stays.'), 'deploy']);
    expect(lines).toContain('kept: namespace droppod-verify-1');
    expect(asked).toEqual(['POST ']);
    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: { outcome: string }[] };
    expect(rows.map((row) => row.outcome)).toEqual(['passed']);
  });

  it('counts an emulator’s miss of what only AWS has as unproven', async () => {
    const only = assumption('one', {
      onAwsOnly: 'it has no such thing',
      prove: () => Promise.resolve(failed('a b')),
    });
    const { outcome, lines } = await verified({ yes: true }, { isAws: false, assumptions: [only] });
    expect(outcome).toBe(true);
    expect(lines).toContain('unproven one: it has no such thing (a b)');
    expect((await verified({ yes: true }, { assumptions: [only] })).outcome).toBe(false);
  });
});
