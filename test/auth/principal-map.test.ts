// Principals and their maps: aws-iam-authenticator's rules, line by line.
import { describe, expect, it } from 'vitest';
import { canonicalArnOf, principalOf } from '../../src/auth/aws-principal.ts';
import { mapPrincipal, parsePrincipalMap } from '../../src/auth/principal-map.ts';

describe('R6: canonical ARNs', () => {
  it.each([
    ['arn:aws:sts::1:assumed-role/R/session', 'arn:aws:iam::1:role/R'],
    ['arn:aws:sts::1:assumed-role/path/to/R/session', 'arn:aws:iam::1:role/path/to/R'],
    ['arn:aws-cn:sts::1:assumed-role/R/s', 'arn:aws-cn:iam::1:role/R'],
    ['arn:aws-us-gov:iam::1:user/Bob', 'arn:aws-us-gov:iam::1:user/Bob'],
    ['arn:aws:iam::1:user/path/Bob', 'arn:aws:iam::1:user/path/Bob'],
    ['arn:aws:iam::1:root', 'arn:aws:iam::1:root'],
    ['arn:aws:iam::1:role/R', 'arn:aws:iam::1:role/R'],
    ['arn:aws:sts::1:federated-user/Bob', 'arn:aws:sts::1:federated-user/Bob'],
    ['arn:aws:sts::1:assumed-role/R', undefined],
    ['arn:aws:sts::1:other/R/s', undefined],
    ['arn:aws:iam::1:group/g', undefined],
    ['arn:aws:s3:::bucket', undefined],
    ['arn:moon:iam::1:user/Bob', undefined],
    ['arn:aws:iam::1', undefined],
    ['', undefined],
  ])('%s: %s', (arn, expected) => expect(canonicalArnOf(arn)).toBe(expected));

  it.each([
    ['arn:aws:sts::1:assumed-role/R/s', 'AROA:s', { userId: 'AROA', sessionName: 's' }],
    ['arn:aws:iam::1:user/Bob', 'AIDA', { userId: 'AIDA', sessionName: '' }],
    // Only the whole id distinguishes federated users of one account.
    ['arn:aws:sts::1:federated-user/Bob', '1:Bob', { userId: '1:Bob', sessionName: '' }],
  ])('R6: %s has the id %s', (arn, userId, expected) =>
    expect(principalOf({ arn, account: '1', userId }, 'K')).toMatchObject(expected),
  );

  it.each(['AROA', 'AROA:s:t'])('R6: a session whose id is %s is nobody', (userId) =>
    expect(
      principalOf({ arn: 'arn:aws:sts::1:assumed-role/R/s', account: '1', userId }, 'K'),
    ).toBeUndefined(),
  );
});

const principal = {
  arn: 'arn:aws:sts::111122223333:assumed-role/Dev/me@example.org',
  canonicalArn: 'arn:aws:iam::111122223333:role/Dev',
  account: '111122223333',
  userId: 'AROA',
  sessionName: 'me@example.org',
  accessKeyId: 'ASIA',
};
const mapped = (data: Record<string, string>, who = principal) =>
  mapPrincipal(parsePrincipalMap(data), who);

describe('R6: aws-auth', () => {
  it.each([
    ['{{SessionName}}', 'me-example.org'],
    ['{{SessionNameRaw}}', 'me@example.org'],
    ['{{AccountID}}:{{AccessKeyID}}', '111122223333:ASIA'],
    ['{{Unknown}}', '{{Unknown}}'],
    ['', 'arn:aws:iam::111122223333:role/Dev'],
  ])('R6: the username %s becomes %s', (username, name) =>
    expect(
      mapped({ mapRoles: JSON.stringify([{ rolearn: principal.canonicalArn, username }]) }),
    ).toEqual({ name, groups: [] }),
  );

  it('R6: a session’s name is no template', () => {
    const who = { ...principal, sessionName: '{{AccountID}}' };
    expect(
      mapped(
        { mapRoles: `- {rolearn: ${principal.canonicalArn}, username: "u-{{SessionName}}"}` },
        who,
      ),
    ).toEqual({ name: 'u-{{AccountID}}', groups: [] });
  });

  it('R6: an EC2 instance’s name has no meaning here', () => {
    const data = {
      mapRoles: `- {rolearn: ${principal.canonicalArn}, username: "system:node:{{EC2PrivateDNSName}}", groups: [system:nodes]}`,
    };
    expect(mapped(data)).toHaveProperty('refused');
  });

  it('R6: names and ARNs count in any case, roles before users, groups are templates too', () => {
    expect(
      mapped({
        mapRoles: `
- RoleARN: ARN:aws:IAM::111122223333:role/DEV
  UserName: dev
  GROUPS: ["team-{{AccountID}}"]
`,
        mapUsers: `- {userarn: ${principal.canonicalArn}, username: other}`,
      }),
    ).toEqual({ name: 'dev', groups: ['team-111122223333'] });
  });

  it('R6: an account is known by its twelve digits, without quotes as well', () => {
    const who = {
      ...principal,
      account: '000011112222',
      canonicalArn: 'arn:aws:iam::000011112222:user/u',
    };
    expect(mapped({ mapAccounts: '- 000011112222\n- "333"' }, who)).toEqual({
      name: who.canonicalArn,
      groups: [],
    });
    expect(mapped({ mapAccounts: '- 11112222' }, who)).toBeUndefined();
  });

  it.each([
    ['- {username: u}', 'mapRoles[0] has no rolearn'],
    ['- {rolearn: 1}', 'mapRoles[0] has no rolearn'],
    ['- {rolearn: x, username: 1}', 'mapRoles[0] has a username that is no text'],
    ['- {rolearn: x, groups: g}', 'mapRoles[0] has groups that are no list of texts'],
    ['- {rolearn: x, groups: [1]}', 'mapRoles[0] has groups that are no list of texts'],
    ['- text', 'mapRoles[0] is no mapping'],
    ['- null', 'mapRoles[0] is no mapping'],
    ['- [a]', 'mapRoles[0] is no mapping'],
    ['a: b', 'mapRoles is no list'],
    ['{{', 'mapRoles is no YAML'],
    ['- {a: 1, a: 2}', 'mapRoles is no YAML'],
    ['['.repeat(100_000), 'mapRoles is no YAML'],
  ])('R6: %.40s is left out and named, the rest counts', (mapRoles, problem) => {
    const map = parsePrincipalMap({
      mapRoles:
        mapRoles.startsWith('-') && !mapRoles.includes('a: 2')
          ? `${mapRoles}\n- {rolearn: good}`
          : mapRoles,
      mapUsers: '- {userarn: also-good}',
    });
    expect(map.problems).toEqual([problem]);
    expect([...map.users.keys()]).toEqual(['also-good']);
    if (mapRoles.startsWith('-') && !mapRoles.includes('a: 2'))
      expect([...map.roles.keys()]).toEqual(['good']);
  });

  it.each(['', '  \n', '``', '""', 'null', '[]'])('R6: %j maps nobody and is no fault', (text) =>
    expect(parsePrincipalMap({ mapRoles: text, mapUsers: text })).toMatchObject({
      problems: [],
    }),
  );

  it('R6: names of every object’s own members are only names', () => {
    expect(mapped({ ['__proto__']: 'x', constructor: 'y' } as never)).toBeUndefined();
    expect(mapped({ mapRoles: '- {"__proto__": {rolearn: x}}' })).toBeUndefined();
  });
});
