// Image references as Docker and Kubernetes read them.
import { expect, it } from 'vitest';
import {
  createReference,
  fullName,
  parseImageName,
} from '../../../../local/agent/images/image-name.ts';

const digest = `sha256:${'a'.repeat(64)}`;

it.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['team/app', 'docker.io/team/app:latest'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['index.docker.io/library/busybox', 'docker.io/library/busybox:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/a/b:1', 'localhost:5000/a/b:1'],
  ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.9'],
  [`busybox:1@${digest}`, `docker.io/library/busybox@${digest}`],
])('%s means %s', (image, name) => expect(fullName(parseImageName(image)!)).toBe(name));

it.each(['', 'UPPER', 'a b', 'x:', 'x@sha256:12', 'x@y@z', '-x', 'x/', 'x:tag:tag'])(
  '%j is no reference',
  (image) => expect(parseImageName(image)).toBeUndefined(),
);

it('creates from the digest alone, which may be an image id', () => {
  expect(createReference(`docker.io/library/busybox@${digest}`)).toBe(digest);
  expect(createReference('busybox:1')).toBe('busybox:1');
});
