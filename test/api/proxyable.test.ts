// Where the proxy subresource may lead: to pods, never to the server's own machine or what answers about it.
import { expect, it } from 'vitest';
import { isProxyable } from '../../src/api/subresources/proxyable.ts';

it.each([
  ['10.0.0.7', true], ['172.18.0.2', true], ['192.0.2.1', true], ['fd00:1::7', true], ['2001:db8::1', true],
  ['127.0.0.1', false], ['127.9.9.9', false], ['0.0.0.0', false], ['169.254.169.254', false], ['169.254.170.2', false], ['224.0.0.1', false], ['239.1.1.1', false], ['255.255.255.255', false],
  ['::', false], ['::1', false], ['fe80::1', false], ['fe80::1%eth0', false], ['ff02::1', false], ['fd00:ec2::254', false], ['::ffff:127.0.0.1', false], ['::ffff:169.254.169.254', false], ['::ffff:7f00:1', false],
  ['localhost', false], ['', false], ['10.0.0.7:80', false], ['10.0.0', false], ['0x7f.1', false], ['2130706433', false],
])('the address %j is allowed: %s', (address, allowed) => expect(isProxyable(address)).toBe(allowed));
