// E11, H2, I1, I2: host name, /etc/hosts and resolv.conf (kubelet_pods.go, network/dns/dns.go).
import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../src/kinds/pod.ts';
import {
  dnsProblems,
  hostnameProblem,
  networkFiles,
  type NetworkContext,
} from '../../../src/pod/process/network-files.ts';
import { podOf } from '../samples.ts';

const context: NetworkContext = { podIP: '10.0.0.5', clusterDomain: 'cluster.local' };
const files = (spec: Partial<PodSpec>, more: Partial<NetworkContext> = {}, metadata = {}) =>
  networkFiles(podOf(spec, metadata), { ...context, ...more });
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

describe('host names', () => {
  it.each<[string, Partial<PodSpec>, string, string]>([
    ['the pod name', {}, 'web', '10.0.0.5\tweb'],
    ['spec.hostname', { hostname: 'h' }, 'h', '10.0.0.5\th'],
    [
      'with a subdomain the hosts file has the full name',
      { hostname: 'h', subdomain: 's' },
      'h',
      '10.0.0.5\th.s.default.svc.cluster.local\th',
    ],
    [
      'setHostnameAsFQDN',
      { subdomain: 's', setHostnameAsFQDN: true },
      'web.s.default.svc.cluster.local',
      '10.0.0.5\tweb.s.default.svc.cluster.local\tweb',
    ],
    [
      'hostnameOverride has no domain',
      { hostnameOverride: 'o', subdomain: 's' },
      'o',
      '10.0.0.5\to',
    ],
  ])('%s', (_rule, spec, hostname, line) => {
    const { hostname: found, hosts } = files(spec);
    expect(found).toBe(hostname);
    expect(lastLine(hosts)).toBe(line);
  });

  it('cuts long names to 63 characters without a trailing dash', () => {
    expect(files({}, {}, { name: `${'a'.repeat(62)}-b` }).hostname).toBe('a'.repeat(62));
  });

  it('E11: a full name beyond 64 characters makes no sandbox', () => {
    const named = (hostname: string) =>
      hostnameProblem(
        podOf({ hostname, subdomain: 's', setHostnameAsFQDN: true }),
        'cluster.local',
      );
    expect(named('h'.repeat(36))).toBeUndefined();
    expect(named('h'.repeat(37))).toBe(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${'h'.repeat(37)}.s.default.svc.cluster.local is too long (64 characters is the max, 65 characters requested)`,
    );
    expect(hostnameProblem(podOf({}, { name: 'n'.repeat(200) }), 'cluster.local')).toBeUndefined();
  });

  it('is the kubelet file, byte for byte, with aliases', () => {
    expect(files({ hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] }).hosts).toBe(
      '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n' +
        'fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n10.0.0.5\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n',
    );
  });
});

describe('resolv.conf', () => {
  const nodeResolvConf =
    '# made by hand\nsearch old\nsearch corp\nnameserver 9.9.9.9\noptions timeout:1\n';
  it.each<[string, Partial<PodSpec>, Partial<NetworkContext>, string | undefined]>([
    [
      'I1: ClusterFirst',
      {},
      { clusterDns: ['10.0.0.10'], nodeResolvConf },
      'search default.svc.cluster.local svc.cluster.local cluster.local corp\nnameserver 10.0.0.10\noptions ndots:5\n',
    ],
    [
      "I1: ClusterFirst without a cluster DNS: the node's servers",
      {},
      { nodeResolvConf },
      'search default.svc.cluster.local svc.cluster.local cluster.local corp\nnameserver 9.9.9.9\noptions ndots:5\n',
    ],
    [
      'I2: Default',
      { dnsPolicy: 'Default' },
      { clusterDns: ['10.0.0.10'], nodeResolvConf },
      'search corp\nnameserver 9.9.9.9\noptions timeout:1\n',
    ],
    ['the node is not known: nothing is written', { dnsPolicy: 'Default' }, {}, undefined],
    [
      'None with dnsConfig',
      {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['1.1.1.1'],
          searches: ['a'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      {},
      'search a\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    ],
    [
      'dnsConfig overrides options by name',
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
      { clusterDns: ['10.0.0.10'] },
      'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.0.0.10\noptions ndots:1\n',
    ],
    [
      'three name servers at most',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1', '2', '3', '4'] } },
      {},
      'nameserver 1\nnameserver 2\nnameserver 3\n',
    ],
  ])('%s', (_rule, spec, more, text) => expect(files(spec, more).resolvConf).toBe(text));
});

it("I1: what a resolver does not take is reported, in the kubelet's words", () => {
  const reported = (nameservers: string[], searches: string[]) =>
    dnsProblems(podOf({ dnsPolicy: 'None', dnsConfig: { nameservers, searches } }), context);
  expect(reported(['1.1.1.1', '2.2.2.2', '3.3.3.3'], ['a'])).toEqual([]);
  expect(
    reported(['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'], ['a', 'b'.repeat(254), 'c']),
  ).toEqual([
    'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1.1.1.1 2.2.2.2 3.3.3.3',
    'Search Line limits were exceeded, some search paths have been omitted, the applied search line is: a c',
  ]);
});
