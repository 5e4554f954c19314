// D8, J2: which fields of an app container an init container may have, and which only a sidecar.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { defaultPod } from '../../../src/pod/admission/defaults.ts';
import { validatePod } from '../../../src/pod/validation/validate-pod.ts';

const probe = { exec: { command: ['true'] } };
const problems = (fields: object): string[] => {
  const pod = {
    metadata: { name: 'p', namespace: 'ns' },
    spec: {
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [{ name: 'i', image: 'x:1', ...fields }],
      containers: [{ name: 'c', image: 'x:1' }],
    },
    status: {},
  };
  return validatePod(defaultPod(pod as Pod)).map(({ field, message }) => `${field}: ${message}`);
};

it.each([
  ['D8, J2: readinessProbe', 'readinessProbe', probe],
  ['D8: livenessProbe', 'livenessProbe', probe],
  ['D8: startupProbe', 'startupProbe', probe],
  ['D8: lifecycle', 'lifecycle', { postStart: probe }],
])('%s is refused at an init container and taken at a sidecar', (_rule, field, value) => {
  expect(problems({ [field]: value })).toEqual([
    `spec.initContainers[0].${field}: Forbidden: may not be set for init containers without restartPolicy=Always`,
  ]);
  expect(problems({ [field]: value, restartPolicy: 'Always' })).toEqual([]);
});

it('D8: every other field of an app container is taken', () => {
  expect(
    problems({
      command: ['sh'],
      args: ['-c', 'true'],
      workingDir: '/v',
      env: [{ name: 'A', value: '1' }],
      envFrom: [{ configMapRef: { name: 'm' } }],
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: '1', memory: '64Mi' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      securityContext: { runAsUser: 1000 },
      imagePullPolicy: 'Never',
      terminationMessagePath: '/dev/end',
      terminationMessagePolicy: 'FallbackToLogsOnError',
      stdin: true,
      tty: true,
    }),
  ).toEqual([]);
});
