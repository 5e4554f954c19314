// Where a pod's sysctls go in its task definition.
import { expect, it } from 'vitest';
import { systemControls } from '../../src/fargate/system-controls.ts';
import { podOf } from '../pod/samples.ts';

it.each([
  { sysctls: [], network: {}, other: {} },
  {
    sysctls: ['net.core.somaxconn'],
    network: { systemControls: [{ namespace: 'net.core.somaxconn', value: '1' }] },
    other: {},
  },
  {
    sysctls: ['net/core/somaxconn', 'kernel/msgmax'],
    network: { systemControls: [{ namespace: 'net.core.somaxconn', value: '1' }] },
    other: { systemControls: [{ namespace: 'kernel.msgmax', value: '1' }] },
  },
])(
  'the network has its sysctls of $sysctls, every container the others',
  ({ sysctls, network, other }) => {
    const pod = podOf({
      securityContext: { sysctls: sysctls.map((name) => ({ name, value: '1' })) },
    });
    expect([systemControls(pod, 'network'), systemControls(pod, 'other')]).toEqual([
      network,
      other,
    ]);
  },
);
