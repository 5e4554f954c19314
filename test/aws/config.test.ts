// The environment of a function.
import { expect, it } from 'vitest';
import { NAMES, OPTIONAL_NAMES, readConfig } from '../../src/aws/config.ts';

const full = Object.fromEntries(
  Object.values(NAMES).map((name) => [name, `${name.toLowerCase()}-1,b`]),
);

it('reads lists, and defaults for what may be missing', () => {
  expect(readConfig(full)).toMatchObject({
    table: 'droppod_table-1,b',
    subnets: ['droppod_subnets-1', 'b'],
    assignPublicIp: true,
    capacity: 'on-demand',
    architectures: ['amd64'],
    clusterDomain: 'cluster.local',
    syncUrl: '',
  });
});

it('complains once, about every missing name', () => {
  const { [NAMES.table]: _table, [NAMES.cluster]: _cluster, ...rest } = full;
  expect(() => readConfig({ ...rest, [NAMES.region]: '' })).toThrow(
    'missing environment variables: DROPPOD_TABLE, DROPPOD_CLUSTER, AWS_REGION',
  );
});

it("takes an STS of one's own as the SDK would find it", () => {
  const endpoint = { [OPTIONAL_NAMES.endpoint]: 'http://all' };
  expect(readConfig(full).stsEndpoint).toBe('');
  expect(readConfig({ ...full, ...endpoint }).stsEndpoint).toBe('http://all');
  const both = { ...endpoint, [OPTIONAL_NAMES.stsEndpoint]: 'http://sts' };
  expect(readConfig({ ...full, ...both }).stsEndpoint).toBe('http://sts');
});

it('R6: takes the principals that may log in as JSON, and refuses what is none', () => {
  const principals = { mapRoles: [{ rolearn: 'arn', groups: ['g'] }] };
  const env = { ...full, [OPTIONAL_NAMES.principals]: JSON.stringify(principals) };
  expect(readConfig(env).principals).toEqual(principals);
  for (const text of ['{', 'null', '1'])
    expect(() => readConfig({ ...full, [OPTIONAL_NAMES.principals]: text })).toThrow(
      'DROPPOD_PRINCIPALS is no JSON object',
    );
});
