// R6: login by `aws eks get-token`. The SDK's own signer makes the tokens, and a small STS checks them as AWS does.
import { beforeEach, describe, expect, it } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.ts';
import { isStsHost, partitionOf } from '../../src/auth/sts-hosts.ts';
import { ApiError, Unavailable } from '../../src/errors.ts';
import type { IamSettings } from '../../src/ports/settings.ts';
import { CLUSTER_ID, FakeSts, loginToken, loginUrl } from '../fakes/fake-sts.ts';
import type { AccessKey, TokenOptions } from '../fakes/fake-sts.ts';
import { fakePorts } from '../fakes/ports.ts';

const ALICE: AccessKey = { accessKeyId: 'AKIAALICE', secretAccessKey: 'alice-secret' };
const ROBOT: AccessKey = {
  accessKeyId: 'ASIAROBOT',
  secretAccessKey: 'robot-secret',
  sessionToken: 'a session/token+with=signs',
};
const ADMIN_ROLE = 'arn:aws:iam::000000000000:role/Droppod-Administrator';

const IAM: IamSettings = {
  clusterId: CLUSTER_ID,
  principals: {
    mapRoles: [
      { rolearn: ADMIN_ROLE, username: 'admin:{{SessionName}}', groups: ['system:masters'] },
    ],
  },
};

function world(iam: IamSettings = IAM) {
  const ports = fakePorts({ settings: { iam } });
  const sts = new FakeSts(ports.clock);
  sts.add(ALICE, {
    arn: 'arn:aws:iam::000000000000:user/Alice',
    account: '000000000000',
    userId: 'AIDAALICE',
  });
  sts.add(ROBOT, {
    arn: 'arn:aws:sts::000000000000:assumed-role/Droppod-Administrator/alice@example.org',
    account: '000000000000',
    userId: 'AROAROBOT:alice@example.org',
  });
  const login = (token: string) =>
    authenticate(
      { ...ports, sts },
      new Request('https://api/', { headers: { authorization: `Bearer ${token}` } }),
    );
  const token = (key: AccessKey, options: TokenOptions = {}) =>
    loginToken(key, { signingDate: ports.clock.now(), ...options });
  const map = (data: Record<string, string>) =>
    ports.store.commit({
      object: {
        key: { resource: 'configmaps', namespace: 'kube-system', name: 'aws-auth' },
        object: {
          metadata: { name: 'aws-auth', namespace: 'kube-system', uid: `${++maps}` },
          data,
        },
        expected: 'absent',
      },
    });
  return { ports, sts, login, token, map };
}
let maps = 0;

const UNAUTHORIZED = new ApiError('Unauthorized', 'Unauthorized');

let w: ReturnType<typeof world>;
beforeEach(() => {
  w = world();
});

describe('R6: who logs in', () => {
  it('R6: a session of the administrator role is its user, with what is known of it', async () => {
    expect(await w.login(await w.token(ROBOT))).toEqual({
      name: 'admin:alice-example.org',
      uid: 'aws-iam-authenticator:000000000000:AROAROBOT',
      groups: ['system:masters', 'system:authenticated'],
      extra: {
        accessKeyId: ['ASIAROBOT'],
        arn: ['arn:aws:sts::000000000000:assumed-role/Droppod-Administrator/alice@example.org'],
        canonicalArn: [ADMIN_ROLE],
        principalId: ['AROAROBOT'],
        sessionName: ['alice@example.org'],
      },
    });
  });

  it('R6: a principal that nobody has mapped is refused, and one that the ConfigMap names is not', async () => {
    const token = await w.token(ALICE);
    await expect(w.login(token)).rejects.toEqual(UNAUTHORIZED);
    await w.map({
      mapUsers:
        '- userarn: arn:aws:iam::000000000000:user/alice\n  username: alice\n  groups: [dev]\n',
    });
    expect(await w.login(token)).toMatchObject({
      name: 'alice',
      groups: ['dev', 'system:authenticated'],
    });
  });

  it('R6: who is taken out of the ConfigMap is out at once', async () => {
    const token = await w.token(ALICE);
    await w.map({ mapAccounts: '- "000000000000"' });
    expect((await w.login(token)).name).toBe('arn:aws:iam::000000000000:user/Alice');
    const key = { resource: 'configmaps', namespace: 'kube-system', name: 'aws-auth' };
    const { metadata } = (await w.ports.store.get(key))!;
    await w.ports.store.commit({
      object: { key, object: null, expected: metadata.resourceVersion as never },
    });
    await expect(w.login(token)).rejects.toEqual(UNAUTHORIZED);
  });

  it('R6: the ConfigMap takes nothing from the stack’s own roles', async () => {
    await w.map({ mapRoles: `- {rolearn: ${ADMIN_ROLE}, username: nobody, groups: []}` });
    expect((await w.login(await w.token(ROBOT))).groups).toContain('system:masters');
  });

  it('R6: without IAM login such a token is nobody’s', async () => {
    const { sts: _sts, ...rest } = { ...w.ports, sts: undefined };
    const request = new Request('https://api/', {
      headers: { authorization: `Bearer ${await w.token(ROBOT)}` },
    });
    await expect(authenticate(rest, request)).rejects.toEqual(UNAUTHORIZED);
  });
});

describe('R6: which tokens are refused', () => {
  const refused: [string, () => Promise<string>][] = [
    ['of another cluster', () => w.token(ROBOT, { clusterId: 'another' })],
    ['with a wrong secret', () => w.token({ ...ROBOT, secretAccessKey: 'guessed' })],
    ['of an unknown access key', () => w.token({ ...ROBOT, accessKeyId: 'ASIANOBODY' })],
    ['with another session token', () => w.token({ ...ROBOT, sessionToken: 'another' })],
  ];
  it.each(refused)('R6: a token %s is refused by STS', async (_name, make) => {
    await expect(w.login(await make())).rejects.toEqual(UNAUTHORIZED);
    expect(w.sts.asked).toHaveLength(1);
  });

  const altered = async (alter: (url: string) => string, options: TokenOptions = {}) =>
    `k8s-aws-v1.${Buffer.from(
      alter(await loginUrl(ROBOT, { signingDate: w.ports.clock.now(), ...options })),
    ).toString('base64url')}`;
  const host = (name: string) => altered((url) => url, { host: name });
  const unasked: [string, () => Promise<string>][] = [
    ['for plain HTTP', () => altered((url) => url.replace('https:', 'http:'))],
    ['for a host of somebody’s own', () => host('sts.example.org')],
    ['for a host that only begins like STS', () => host('sts.us-east-1.amazonaws.com.example.org')],
    ['for a bucket that is named sts', () => host('sts.s3.amazonaws.com')],
    ['for another service', () => host('iam.us-east-1.amazonaws.com')],
    ['for another partition', () => host('sts.cn-north-1.amazonaws.com.cn')],
    ['for a port', () => altered((url) => url.replace('amazonaws.com', 'amazonaws.com:8443'))],
    ['with a user in its URL', () => altered((url) => url.replace('https://', 'https://me@'))],
    ['with a fragment', () => altered((url) => `${url}#`)],
    ['for a backslash that a parser mends', () => altered((url) => url.replace('/?', '\\?'))],
    ['for another path', () => altered((url) => url, { path: '/other' })],
    [
      'for another action',
      () => altered((url) => url, { query: { Action: 'AssumeRole', Version: '2011-06-15' } }),
    ],
    ['without an action', () => altered((url) => url, { query: { Version: '2011-06-15' } })],
    ['with a parameter more', () => altered((url) => `${url}&RoleArn=x`)],
    ['with an action twice', () => altered((url) => `${url}&action=GetCallerIdentity`)],
    ['with a badly escaped parameter', () => altered((url) => `${url}&Version=%zz`)],
    ['whose cluster id is not signed', () => altered((url) => url, { headers: {} })],
    [
      'that says it lives for longer than 15 minutes',
      () => altered((url) => url, { expiresIn: 901 }),
    ],
    ['without an expiry', () => altered((url) => url.replace(/X-Amz-Expires=\d+&/, ''))],
    [
      'with a negative expiry',
      () => altered((url) => url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=-1')),
    ],
    [
      'of a day that does not exist',
      () => altered((url) => url.replace(/X-Amz-Date=\w+/, 'X-Amz-Date=20260231T000000Z')),
    ],
    [
      'of more than 15 minutes ago',
      () =>
        altered((url) => url, { signingDate: new Date(w.ports.clock.now().getTime() - 900_001) }),
    ],
    ['with padding', async () => `${await w.token(ROBOT)}=`],
    ['in another alphabet', async () => (await w.token(ROBOT)).replaceAll('_', '/') + '+'],
    ['of more than 4096 bytes', async () => `${await w.token(ROBOT)}${'A'.repeat(4_096)}`],
    ['without anything', () => Promise.resolve('k8s-aws-v1.')],
    ['of another version', async () => (await w.token(ROBOT)).replace('v1', 'v2')],
  ];
  it.each(unasked)('R6: a token %s is refused without asking anybody', async (_name, make) => {
    await expect(w.login(await make())).rejects.toEqual(UNAUTHORIZED);
    expect(w.sts.asked).toEqual([]);
  });

  it('R6: whatever is changed in a token, it logs nobody in, and only STS is asked', async () => {
    const good = Buffer.from(await loginUrl(ROBOT, { signingDate: w.ports.clock.now() }));
    let state = 7;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const OPS: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => (
        bytes.writeUInt8(bytes.readUInt8(next(bytes.length)) ^ (1 << next(8)), next(bytes.length)),
        bytes
      ),
      (bytes) => bytes.subarray(0, next(bytes.length)),
      (bytes) => {
        const at = next(bytes.length);
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([next(256)]), bytes.subarray(at)]);
      },
      (bytes) => {
        const parts = bytes.toString('latin1').split('&');
        parts.splice(next(parts.length), 1);
        return Buffer.from(parts.join('&'), 'latin1');
      },
      (bytes) => {
        const parts = bytes.toString('latin1').split('&');
        return Buffer.from([...parts, parts[next(parts.length)]!].join('&'), 'latin1');
      },
    ];
    for (let i = 0; i < 1_500; i++) {
      const bytes = OPS[next(OPS.length)]!(Buffer.from(good));
      if (bytes.equals(good)) continue;
      // Escapes are hexadecimal in either case, and the credential is compared as text.
      const user = await w
        .login(`k8s-aws-v1.${bytes.toString('base64url')}`)
        .catch((error: unknown) => error);
      if (!(user instanceof ApiError))
        expect(decodeURIComponent(bytes.toString('latin1'))).toBe(
          decodeURIComponent(good.toString('latin1')),
        );
    }
    const hosts = new Set(w.sts.asked.map((url) => new URL(url).hostname));
    for (const name of hosts) expect(isStsHost(name, 'us-east-1')).toBe(true);
  });
});

describe('R6: how often STS is asked', () => {
  it('R6: once per token, however many requests come at once, until it expires', async () => {
    const token = await w.token(ROBOT);
    await Promise.all([w.login(token), w.login(token), w.login(token)]);
    await w.ports.clock.advance(14 * 60_000);
    await w.login(token);
    expect(w.sts.asked).toHaveLength(1);
    await w.ports.clock.advance(61_000);
    await expect(w.login(token)).rejects.toEqual(UNAUTHORIZED);
  });

  it('R6: a forgery is asked for once a minute, and drives no login out', async () => {
    const good = await w.token(ROBOT);
    await w.login(good);
    const forged = await w.token({ ...ROBOT, secretAccessKey: 'guessed' });
    for (let i = 0; i < 3; i++) await expect(w.login(forged)).rejects.toEqual(UNAUTHORIZED);
    expect(w.sts.asked).toHaveLength(2);
    for (let i = 0; i < 1_100; i++)
      await w.login(await w.token({ ...ROBOT, accessKeyId: `ASIA${i}` })).catch(() => undefined);
    const before = w.sts.asked.length;
    await w.login(good);
    expect(w.sts.asked).toHaveLength(before);
  });

  it('R6: where STS is throttled the API is unavailable, and the token is good afterwards', async () => {
    const token = await w.token(ROBOT);
    w.sts.throttled = true;
    await expect(w.login(token)).rejects.toThrow(Unavailable);
    w.sts.throttled = false;
    expect((await w.login(token)).groups).toContain('system:masters');
  });
});

describe('R6: hosts of STS', () => {
  it.each([
    ['us-east-1', 'sts.amazonaws.com', true],
    ['eu-west-1', 'sts.ap-southeast-5.amazonaws.com', true],
    ['eu-west-1', 'sts-fips.us-east-2.amazonaws.com', true],
    ['eu-west-1', 'sts.eu-west-1.api.aws', true],
    ['eu-west-1', 'sts-fips.us-east-1.api.aws', true],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn', true],
    ['cn-north-1', 'sts.cn-northwest-1.api.amazonwebservices.com.cn', true],
    ['cn-north-1', 'sts.amazonaws.com', false],
    ['us-gov-west-1', 'sts.us-gov-east-1.amazonaws.com', true],
    ['us-gov-west-1', 'sts.us-east-1.amazonaws.com', false],
    ['us-gov-west-1', 'sts.amazonaws.com', false],
    ['us-east-1', 'sts.us-gov-west-1.amazonaws.com', false],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu', true],
    ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov', true],
    // A region newer than this list.
    ['xx-moon-1', 'sts.xx-moon-1.amazonaws.com', true],
    ['us-east-1', 'sts.xx-moon-1.amazonaws.com', false],
    ['us-east-1', 'STS.us-east-1.amazonaws.com', false],
    ['us-east-1', 'sts..amazonaws.com', false],
    ['us-east-1', '', false],
  ])('in %s, %s: %s', (region, host, expected) => expect(isStsHost(host, region)).toBe(expected));

  it('R6: every region that the SDK knows is in its partition', async () => {
    const path = new URL(
      '../../node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
      import.meta.url,
    );
    const { partitionsInfo } = (await import(path.href)) as {
      partitionsInfo: {
        partitions: { id: string; regions: object; outputs: { dnsSuffix: string } }[];
      };
    };
    for (const { id, regions, outputs } of partitionsInfo.partitions)
      for (const region of Object.keys(regions).filter((name) => !name.endsWith('-global'))) {
        expect([region, partitionOf(region)]).toEqual([region, id]);
        expect(isStsHost(`sts.${region}.${outputs.dnsSuffix}`, region)).toBe(true);
      }
  });
});
