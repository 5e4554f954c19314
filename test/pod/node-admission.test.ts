// O2: what the kubelet refuses by itself, in its words.
import { expect, it } from 'vitest';
import type { PodSpec } from '../../src/kinds/pod.ts';
import { nodeAdmission } from '../../src/pod/node-admission.ts';
import { podOf } from './samples.ts';

const LOCAL = { mode: 'local', beyondFargate: false } as const;
const BEYOND = { mode: 'local', beyondFargate: true } as const;
const sysctls = (...names: string[]): Partial<PodSpec> => ({ securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) } });
const forbidden = (name: string) => ({ reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" not allowlisted` });

it.each<[string, Partial<PodSpec>, typeof LOCAL | typeof BEYOND, object | undefined]>([
  ['takes a plain pod', {}, BEYOND, undefined],
  ['takes safe sysctls', sysctls('kernel.shm_rmid_forced', 'net.ipv4.tcp_rmem'), BEYOND, undefined],
  ['takes slashes for dots', sysctls('kernel/shm_rmid_forced'), BEYOND, undefined],
  ['fails the first sysctl that is not safe', sysctls('kernel.shm_rmid_forced', 'kernel.msgmax', 'vm.swappiness'), BEYOND, forbidden('kernel.msgmax')],
  ['names it with dots', sysctls('net/core/somaxconn'), BEYOND, forbidden('net.core.somaxconn')],
  ['takes what Fargate can set where each pod has its own kernel', sysctls('net.core.somaxconn'), LOCAL, undefined],
  ['takes Linux', { os: { name: 'linux' } }, LOCAL, undefined],
  ['fails Windows', { os: { name: 'windows' } }, LOCAL, { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" }],
])('O2: the node %s', (_rule, spec, settings, verdict) => expect(nodeAdmission(podOf(spec), settings)).toEqual(verdict));

it('O2: the node compares the label of the system', () => {
  expect(nodeAdmission(podOf({}, { labels: { 'kubernetes.io/os': 'windows' } }), LOCAL)?.reason).toBe('PodOSSelectorNodeLabelDoesNotMatch');
});
