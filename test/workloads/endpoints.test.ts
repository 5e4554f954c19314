// Rules of Endpoints that lack what the type requires.
import { expect, it } from 'vitest';
import type { Endpoints } from 'kubernetes-types/core/v1';
import { validateEndpoints } from '../../src/workloads/endpoints/validate-endpoints.ts';

it('an address without an IP is a problem of its field', () => {
  const endpoints = {
    metadata: { name: 'e', namespace: 'default' },
    subsets: [{ addresses: [{ nodeName: 'n' }], ports: [{ port: 80, protocol: 'TCP' }] }],
  } as unknown as Endpoints;
  expect(validateEndpoints(endpoints).map(({ field }) => field)).toEqual([
    'subsets[0].addresses[0].ip',
  ]);
});
