// An operator built with controller-runtime: its pod follows its custom object, is recreated when deleted, and goes with its owner.
import { expect } from 'vitest';
import { itWith } from './client-test.ts';
import { greeter, greeterKind } from './greeter.ts';
import { goProgram } from './obtain.ts';

const operator = await goProgram('controller-runtime');

itWith(operator, 'controller-runtime: an operator owns a pod', async (client, path) => {
  const { dp, start, applied, seen } = client;
  await applied(greeterKind());
  const program = start(path, []);
  await applied(greeter('hello', 'one'));
  await seen('greeter/hello', '{.status.phase} {.metadata.finalizers[0]}', /^Running clients/);
  expect(await seen('pod/hello', '{.metadata.ownerReferences[*].kind}', /./)).toBe('Greeter');
  const first = await seen('pod/hello', '{.metadata.uid}', /./);
  await dp.k('delete', 'pod', 'hello', '--wait=false');
  const again = new RegExp(`^(?!${first}).* Running$`);
  await seen('pod/hello', '{.metadata.uid} {.status.phase}', again);
  expect((await dp.k('get', 'lease', 'greeter.clients.example.com')).code).toBe(0);
  await dp.k('delete', 'greeter', 'hello', '--timeout=120s');
  expect(program.output()).toContain('farewell');
  // The operator does not delete its pod: the garbage collector does.
  await expect
    .poll(async () => (await dp.k('get', 'pods', '-o', 'name')).stdout, { timeout: 60_000 })
    .toBe('');
  expect(await program.end('SIGTERM')).toBe(0);
});
