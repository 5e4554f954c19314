// Where no secret may ever be (docs/design/security.md): after a pod's life with all kinds of secrets, everything stored is searched.
import { expect, it, vi } from 'vitest';
import type { KubeObject, Pod } from '../../../src/kinds/pod.ts';
import { recordKey, tokenKey } from '../../../src/steps/pod/record-for.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const VALUE = 'correct-horse-battery-staple';
const PASSWORD = 'registry-password-4711';
const TOKEN = 'service-account-token-0815';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const auths = JSON.stringify({ auths: { 'registry.test': { auth: base64(`user:${PASSWORD}`) } } });
const FORBIDDEN = [
  VALUE,
  PASSWORD,
  TOKEN,
  base64(VALUE),
  base64(PASSWORD),
  base64(TOKEN),
  base64(`user:${PASSWORD}`),
  base64(auths),
];

const spec: Pod['spec'] = {
  restartPolicy: 'OnFailure',
  imagePullSecrets: [{ name: 'pull' }],
  volumes: [
    { name: 'files', secret: { secretName: 'env' } },
    {
      name: 'token',
      projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] },
    },
  ],
  containers: [
    {
      name: 'a',
      image: 'registry.test/app:1',
      command: ['serve', '--key=$(KEY)'],
      env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'env', key: 'key' } } }],
      volumeMounts: [
        { name: 'files', mountPath: '/files' },
        { name: 'token', mountPath: '/token' },
      ],
    },
    { name: 'b', image: 'registry.test/app:1', envFrom: [{ secretRef: { name: 'env' } }] },
  ],
};

async function putSecret(
  { ports: { store } }: PodWorld,
  name: string,
  secret: Partial<KubeObject>,
): Promise<void> {
  await store.commit({
    object: {
      key: { resource: 'secrets', namespace: 'default', name },
      object: { metadata: { name, namespace: 'default', uid: name }, ...secret },
      expected: 'absent',
    },
  });
}

/** Everything that a life leaves behind, except the secrets themselves and the tokens' own records. */
async function everything(world: PodWorld, pod: Pod): Promise<Record<string, unknown>> {
  const { store } = world.ports;
  const { entries } = await store.changes('0' as never, { waitMs: 0 });
  const uid = pod.metadata.uid ?? '';
  return {
    definitions: world.tasks.definitions,
    requests: [...world.tasks.requests.values()],
    stops: world.tasks.stopped,
    history: await Promise.all(
      [uid, `${uid}-2`].map((name) =>
        world.machine.interpreter.history(`pod/${name}`).catch(() => []),
      ),
    ),
    log: entries.filter(({ key }) => key.resource !== 'secrets'),
    record: (await store.getRecord(recordKey(uid)))?.value,
    faults: world.faults.map(String),
  };
}

it('puts no secret into task definitions, overrides, histories, records, objects, events, errors or the log', async () => {
  const printed: unknown[] = [];
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...parts) => void printed.push(parts)),
  );
  const seen: string[] = [];
  const world: PodWorld = new PodWorld({
    agent: true,
    deliver: async (_kind, send) => {
      const answer = await send();
      seen.push(JSON.stringify(answer ?? null));
      return answer;
    },
  });
  await putSecret(world, 'env', { type: 'Opaque', data: { key: base64(VALUE) } });
  await putSecret(world, 'pull', {
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64(auths) },
  });
  world.ports.images.outcomes.set('registry.test/app:1', {
    failure: 'ErrImagePull',
    message: 'unauthorized',
  });
  const pod = await world.insert(spec, (container, run) =>
    container === 'a' && run < 3
      ? { seconds: 2, exitCode: 1 }
      : run < 2
        ? { startError: 'exec: "sh": not found' }
        : { seconds: 60 },
  );
  await world.ports.store.commit({
    records: [
      {
        key: tokenKey(pod.metadata.uid ?? ''),
        value: { '3600 vault': { token: TOKEN, refreshAt: Date.parse('2030-01-01') } },
        expected: 'any',
      },
    ],
  });
  await world.ports.executions.start(pod.metadata.uid ?? '', {
    uid: pod.metadata.uid ?? '',
    generation: 1,
  });
  await world.clock.advance(5_000);
  world.ports.images.outcomes.clear();
  await world.clock.advance(30_000);
  await world.kill([...world.podlets.keys()].at(-1)!);
  await world.clock.advance(20_000);
  await world.sweep();
  const kept = await everything(world, pod);
  await world.clock.advance(300_000);
  expect((await world.pod(pod))?.status.phase).toBe('Succeeded');
  for (const spy of spies) spy.mockRestore();
  // The secrets were sent, but only by sync and to the registry.
  expect(seen.join('\n')).toContain(VALUE);
  expect(seen.join('\n')).toContain(base64(TOKEN));
  expect(JSON.stringify(world.ports.images.calls)).toContain(PASSWORD);
  for (const [place, content] of Object.entries({
    ...kept,
    later: await everything(world, pod),
    printed: [printed, world.ports.log.lines],
  })) {
    for (const secret of FORBIDDEN)
      expect(JSON.stringify(content), `${secret} in ${place}`).not.toContain(secret);
  }
});
