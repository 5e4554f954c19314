// Bodies in protobuf, as typed clients send them: built here field by field.
import { describe, expect, it } from 'vitest';
import { readFields } from '../../src/api/wire/protobuf-reader.ts';
import { ensureWire } from '../../src/kinds/generate-wire.ts';
import { NAMESPACE, createApi } from './client.ts';

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
const bytes = (number: number, content: string | number[]): number[] => {
  const body = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint((number << 3) | 2), ...varint(body.length), ...body];
};
const envelope = (apiVersion: string, kind: string, raw: number[]): number[] => [
  0x6b,
  0x38,
  0x73,
  0,
  ...bytes(1, [...bytes(1, apiVersion), ...bytes(2, kind)]),
  ...bytes(2, raw),
];
const headers = {
  'content-type': 'application/vnd.kubernetes.protobuf',
  accept: 'application/vnd.kubernetes.protobuf,application/json',
};

const wire = await ensureWire();
if (wire === undefined)
  console.warn('skipped: build/kinds/wire.json is not there and Go cannot fetch k8s.io/api');

describe.skipIf(wire === undefined)('typed clients', () => {
  it('A: kubectl create configmap sends its object in protobuf', async () => {
    const { ports } = await createApi();
    const { handle } = await import('../../src/api/handler.ts');
    const raw = [
      ...bytes(1, [
        ...bytes(1, 'c'),
        ...bytes(2, ''),
        ...bytes(11, [...bytes(1, 'app'), ...bytes(2, 'x')]),
      ]),
      ...bytes(2, [...bytes(1, 'k'), ...bytes(2, 'v')]),
    ];
    const request = new Request(`https://api${NAMESPACE}/configmaps`, {
      method: 'POST',
      headers: { ...headers, authorization: 'Bearer secret' },
      body: new Uint8Array(envelope('v1', 'ConfigMap', raw)),
    });
    const response = await handle(ports, request);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      kind: 'ConfigMap',
      metadata: { name: 'c', labels: { app: 'x' } },
      data: { k: 'v' },
    });
  });

  it.each([
    ['no magic', [1, 2, 3, 4], 'expected prefix [107 56 115 0]'],
    ['a cut message', envelope('v1', 'ConfigMap', bytes(1, [10, 200])), 'unexpected EOF'],
    [
      'another kind',
      envelope('v1', 'Secret', []),
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ],
  ])('%s is 400', async (_name, body, message) => {
    const { ports } = await createApi();
    const { handle } = await import('../../src/api/handler.ts');
    const response = await handle(
      ports,
      new Request(`https://api${NAMESPACE}/configmaps`, {
        method: 'POST',
        headers: { ...headers, authorization: 'Bearer secret' },
        body: new Uint8Array(body),
      }),
    );
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(message);
  });
});

it('reads numbers of ten bytes', () => {
  expect(
    readFields(new Uint8Array([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]))[0],
  ).toMatchObject({ number: 1, value: 2n ** 64n - 1n });
});
