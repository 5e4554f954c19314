// Templates are validated by the rules of pods.
import { describe, expect, it } from 'vitest';
import {
  defaultTemplate,
  refuseTemplate,
  templateWarnings,
  validateTemplate,
  workloadNameWarnings,
} from '../../src/workloads/pod-template.ts';

const app = { name: 'app', image: 'busybox:1.37' };
const FARGATE = { mode: 'aws', beyondFargate: false } as const;
const template = (spec: object, metadata: object = {}): ReturnType<typeof defaultTemplate> =>
  defaultTemplate({ metadata, spec: { containers: [app], ...spec } });

describe('the defaults of a template', () => {
  it('A8: are those of a pod', () => {
    expect(template({ containers: [{ ...app, ports: [{ containerPort: 80 }] }] })).toEqual({
      metadata: {},
      spec: {
        containers: [
          {
            ...app,
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            imagePullPolicy: 'IfNotPresent',
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
      },
    });
  });

  it('A8: leave requests and service links to the pod', () => {
    const { spec } = template({ containers: [{ ...app, resources: { limits: { cpu: '1' } } }] });
    expect(spec.containers[0]?.resources).toEqual({ limits: { cpu: '1' } });
    expect(spec).not.toHaveProperty('enableServiceLinks');
  });

  it('A8: may be repeated, and take a missing template', () => {
    const once = template({ volumes: [{ name: 'v' }] }, { labels: { a: 'b' } });
    expect(defaultTemplate(once)).toEqual(once);
    expect(defaultTemplate(undefined).spec.containers).toEqual([]);
  });
});

describe('the rules of a template', () => {
  it.each([
    ['spec', {}, { containers: [] }, 'spec.template.spec.containers', 'Required value'],
    ['labels', { labels: { 'a b': 'c' } }, {}, 'spec.template.labels', 'Invalid value: "a b"'],
    [
      'annotations',
      { annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'x' } },
      {},
      'spec.template.annotations[controller.kubernetes.io/pod-deletion-cost]',
      'Invalid value: "x"',
    ],
    [
      'ephemeral containers',
      {},
      { ephemeralContainers: [{ ...app, name: 'debug' }] },
      'spec.template.spec.ephemeralContainers',
      'Forbidden: ephemeral containers not allowed in pod template',
    ],
  ])('Q7: name the place in the workload: %s', (_, metadata, spec, field, message) => {
    const problems = validateTemplate(template(spec, metadata), 'spec.template');
    expect(problems).toEqual([
      expect.objectContaining({ field, message: expect.stringContaining(message) as string }),
    ]);
  });
});

describe('what droppod does not serve', () => {
  it('R10: is refused in a template as in a pod, at its place', () => {
    expect(
      refuseTemplate(template({ hostNetwork: true }), 'spec.template', FARGATE).map(
        ({ field }) => field,
      ),
    ).toContain('spec.template.spec.hostNetwork');
  });

  it('R10: is warned of at its place in a template', () => {
    const twice = { ...app, env: [1, 2].map((value) => ({ name: 'A', value: `${value}` })) };
    expect(templateWarnings(template({ containers: [twice] }), 'spec.template')).toContain(
      'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    );
  });
});

it('Q1: a name that is no DNS label is warned of', () => {
  expect(workloadNameWarnings('web')).toEqual([]);
  expect(workloadNameWarnings('a.b')).toEqual([
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
  ]);
});
