// Who may change a running task: local mode adds ephemeral containers and resizes, AWS refuses both with Fargate's reason.
import { describe, expect, it } from 'vitest';
import { KEEPS_SIZE } from '../../src/fargate/size.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { defaultPod } from '../../src/pod/admission/defaults.ts';
import { refuseEphemeralContainers } from '../../src/refusals/refusals.ts';
import { validatePodResize, withResizeOf } from '../../src/pod/validation/pod-resize.ts';
import { podOf } from '../pod/samples.ts';

const LOCAL = { mode: 'local', beyondFargate: false } as const;
const AWS = { mode: 'aws', beyondFargate: false } as const;

describe('ephemeral containers', () => {
  const bare = {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'app' }] },
    status: {},
  } satisfies Pod;
  const debugged = (more = {}): Pod => ({
    ...bare,
    spec: {
      ...bare.spec,
      ephemeralContainers: [{ name: 'dbg', image: 'i', targetContainerName: 'app', ...more }],
    },
  });
  it.each([
    ['local mode takes one', debugged(), bare, LOCAL, []],
    [
      'AWS takes none',
      debugged(),
      bare,
      AWS,
      ['Forbidden: a running Fargate task takes no further container'],
    ],
    ['AWS says nothing of those that are there', debugged(), debugged(), AWS, []],
    [
      'a privileged one is beyond Fargate',
      debugged({ securityContext: { privileged: true } }),
      bare,
      LOCAL,
      ['Forbidden: Fargate runs no privileged containers'],
    ],
    [
      'beyond Fargate it is not refused',
      debugged({ securityContext: { privileged: true } }),
      bare,
      { ...LOCAL, beyondFargate: true },
      [],
    ],
  ])('%s', (_name, next, old, settings, messages) =>
    expect(refuseEphemeralContainers(next, old, settings).map(({ message }) => message)).toEqual(
      messages,
    ),
  );
});

describe('a resize', () => {
  const of = (resources: object, name = 'app'): Pod => {
    const pod = defaultPod(podOf({ containers: [{ name, image: 'busybox', resources }] }));
    return { ...pod, status: { phase: 'Running', qosClass: 'Burstable' } };
  };
  const SMALL = { requests: { cpu: '10m', memory: '1Mi' } };
  const messages = (next: Pod, old: Pod, noResize?: string): string[] =>
    validatePodResize(withResizeOf(next, old), old, noResize)
      .map(({ field, message }) => `${field}: ${message}`)
      .filter((text) => text.startsWith('spec'));

  it.each([
    ['cpu and memory may change', of({ requests: { cpu: '20m', memory: '2Mi' } }), []],
    ['a limit may come', of({ ...SMALL, limits: { cpu: '1' } }), []],
    [
      'a request may not go',
      of({ requests: { cpu: '10m' } }),
      ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    ],
    [
      'the class may not change',
      of({ requests: { cpu: '1', memory: '1Mi' }, limits: { cpu: '1', memory: '1Mi' } }),
      ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
    ],
    [
      'only cpu and memory may change',
      of({ requests: { ...SMALL.requests, 'ephemeral-storage': '1Mi' } }),
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
    [
      'containers keep their names',
      of(SMALL, 'other'),
      ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
    ],
  ])('%s', (_name, next, expected) => expect(messages(next, of(SMALL))).toEqual(expected));

  it('AWS refuses another size and takes the same one', () => {
    expect(
      messages(of({ requests: { cpu: '20m', memory: '2Mi' } }), of(SMALL), KEEPS_SIZE),
    ).toEqual([
      'spec: Forbidden: Pod running on node without support for resize: a Fargate task keeps its size',
    ]);
    expect(messages(of(SMALL), of(SMALL), KEEPS_SIZE)).toEqual([]);
  });
});
