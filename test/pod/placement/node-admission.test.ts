// O2: what the kubelet itself refuses, in its words.
import { expect, it } from 'vitest';
import type { PodSpec } from '../../../src/kinds/pod.ts';
import { nodeAdmission } from '../../../src/pod/placement/node-admission.ts';
import { podOf } from '../samples.ts';

const sysctls = (...names: string[]): Partial<PodSpec> => ({
  securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) },
});
const forbidden = (name: string) => ({
  reason: 'SysctlForbidden',
  message: `forbidden sysctl: "${name}" not allowlisted`,
});

it.each<[string, Partial<PodSpec>, object | undefined]>([
  ['takes a plain pod', {}, undefined],
  [
    'takes sysctls that touch only the pod',
    sysctls('kernel.shm_rmid_forced', 'net.ipv4.tcp_rmem', 'kernel.msgmax', 'fs.mqueue.msg_max'),
    undefined,
  ],
  [
    'takes slashes for dots',
    sysctls('kernel/shm_rmid_forced', 'net/ipv4/conf/eth0.1/rp_filter'),
    undefined,
  ],
  [
    "fails the first sysctl that is the whole machine's",
    sysctls('kernel.shm_rmid_forced', 'vm.swappiness', 'fs.file-max'),
    forbidden('vm.swappiness'),
  ],
  ['names it with dots', sysctls('vm/swappiness'), forbidden('vm.swappiness')],
  ['takes Linux', { os: { name: 'linux' } }, undefined],
  [
    'fails Windows',
    { os: { name: 'windows' } },
    {
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    },
  ],
])('O2: the node %s', (_rule, spec, verdict) =>
  expect(nodeAdmission(podOf(spec))).toEqual(verdict),
);

it('O2: the node compares the label of the system', () => {
  expect(nodeAdmission(podOf({}, { labels: { 'kubernetes.io/os': 'windows' } }))?.reason).toBe(
    'PodOSSelectorNodeLabelDoesNotMatch',
  );
});
