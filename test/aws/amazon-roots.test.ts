// What pods are given as `ca.crt` on AWS.
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { amazonRoots } from '../../src/aws/amazon-roots.ts';

it("are Amazon's roots, and the one that signed them before clients knew them", () => {
  const certificates = amazonRoots()
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map((pem) => new X509Certificate(pem));
  expect(certificates.every(({ ca }) => ca)).toBe(true);
  expect(certificates.map(({ subject }) => /CN=(.*)/.exec(subject)?.[1]).sort()).toEqual([
    'Amazon Root CA 1',
    'Amazon Root CA 2',
    'Amazon Root CA 3',
    'Amazon Root CA 4',
    'Starfield Services Root Certificate Authority - G2',
  ]);
});
