// An operator made with kopf, on a custom kind: create, update and delete handlers, a timer, events of pods, an adopted pod.
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itWith } from './client-test.ts';
import { greeter, greeterKind } from './greeter.ts';
import { python } from './obtain.ts';

const OPERATOR = fileURLToPath(new URL('kopf/operator.py', import.meta.url));
const found = await python('kopf', ['kopf==1.45.2', 'kubernetes==37.0.2']);

itWith(found, 'kopf: an operator handles a custom kind', async (client, path) => {
  const { dp, start, applied, seen } = client;
  await applied(greeterKind());
  const program = start(path, ['-m', 'kopf', 'run', '--all-namespaces', '--standalone', OPERATOR]);
  await applied(greeter('hello', 'one'));
  await seen('greeter/hello', '{.status.create.pod} {.metadata.finalizers}', /^hello .*kopf/);
  expect(await seen('pod/hello', '{.metadata.ownerReferences[*].kind}', /./)).toBe('Greeter');
  await seen('pod/hello', '{.status.phase}', /Running/);
  await seen('greeter/hello', '{.status.tick}{.status.ticks}', /[2-9]/);
  await applied(greeter('hello', 'two'));
  await seen('pod/hello', '{.metadata.labels.text}', /^two$/);
  await seen('greeter/hello', '{.status.update/spec\\.text.text}', /two/);
  await seen('events', '{.items[*].reason}', /Greets/);
  expect(program.output()).toContain('pod hello is Running');
  await dp.k('delete', 'greeter', 'hello', '--timeout=120s');
  expect(program.output()).toContain('farewell hello');
  await expect
    .poll(async () => (await dp.k('get', 'pods', '-o', 'name')).stdout, { timeout: 60_000 })
    .toBe('');
  expect(await program.end('SIGTERM')).toBe(0);
});
