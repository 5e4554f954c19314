// Private images in a task definition: the name of a secret, never a password (docs/design/security.md).
import { describe, expect, it } from 'vitest';
import { registerTask } from '../../../src/steps/bind/register-task.ts';
import { resolveImages } from '../../../src/steps/bind/resolve-images.ts';
import type { Images, RegistryCredential } from '../../../src/ports/images.ts';
import type { TaskDefinition } from '../../../src/ports/tasks.ts';
import type { PodEvent } from '../../../src/pod/events/pod-events.ts';
import { present } from '../../../src/present.ts';
import { fakePorts, fakeSettings, imageConfig } from '../../fakes/ports.ts';
import { podOf } from '../../pod/samples.ts';

const credential: RegistryCredential = {
  registry: 'registry.test',
  username: 'u',
  password: 'hunter2',
};
const pod = podOf({
  containers: [
    { name: 'private', image: 'registry.test/app:1', imagePullPolicy: 'IfNotPresent' },
    { name: 'again', image: 'registry.test/app:1', imagePullPolicy: 'IfNotPresent' },
    { name: 'public', image: 'busybox:1', imagePullPolicy: 'IfNotPresent' },
  ],
});
const images: Images = {
  resolve: (image, _policy, _credentials, onPull) => {
    onPull?.();
    return Promise.resolve({
      config: imageConfig(image),
      pulled: true,
      milliseconds: 1,
      ...present({ credential: image.startsWith('registry.test') ? credential : undefined }),
    });
  },
};

async function registered(more: object): Promise<TaskDefinition> {
  const { tasks, store } = fakePorts();
  const resolved = await resolveImages({ images, store }, pod, () => undefined);
  await registerTask(
    { tasks, store, settings: fakeSettings({ executionRoleArn: 'arn:role' }), ...more },
    pod,
    resolved,
  );
  return tasks.definitions[0]!;
}

describe('the task definition of a private image', () => {
  it('G5: names a secret for the containers that need one, and the role that reads it', async () => {
    const definition = await registered({
      pullSecrets: {
        keep: ({ username }: RegistryCredential) =>
          Promise.resolve({ arn: `arn:secret:${username}` }),
        clear: () => Promise.resolve(0),
      },
    });
    expect(definition.executionRoleArn).toBe('arn:role');
    expect(
      Object.fromEntries(
        definition.containerDefinitions
          .slice(1)
          .map(({ name, repositoryCredentials }) => [
            name,
            repositoryCredentials?.credentialsParameter,
          ]),
      ),
    ).toEqual({ private: 'arn:secret:u', again: 'arn:secret:u', public: undefined });
    expect(JSON.stringify(definition)).not.toContain('hunter2');
  });

  it('names none where the machine pulls by itself', async () => {
    expect(JSON.stringify(await registered({}))).not.toMatch(/hunter2|repositoryCredentials/);
  });

  it('G1: the second container of an image finds it present', async () => {
    const events: PodEvent[] = [];
    await resolveImages({ images, store: fakePorts().store }, pod, (written) =>
      events.push(...written),
    );
    expect(
      events
        .filter(({ container }) => container !== 'public')
        .map(
          ({ container, reason, message }) =>
            `${container} ${reason} ${message.includes('already present')}`,
        ),
    ).toEqual(['private Pulling false', 'private Pulled false', 'again Pulled true']);
  });
});
