// Rules of the small kinds and of metadata (apimachinery/pkg/api/validation/objectmeta.go).
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../src/errors.ts';
import type { ConfigMap, ObjectMeta, Secret } from '../../src/kinds/pod.ts';
import { validateConfigMap, validateConfigMapUpdate } from '../../src/validation/config-map.ts';
import { defaultNamespace, validateNamespace } from '../../src/validation/namespace.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../src/validation/object-meta.ts';
import {
  defaultSecret,
  validateSecret,
  validateSecretUpdate,
} from '../../src/validation/secret.ts';

const metadata = { name: 'x', namespace: 'ns' };
const lines = (errors: FieldError[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('metadata', () => {
  const rules = { namespaced: true, name: 'subdomain' } as const;
  it.each<[ObjectMeta, string[]]>([
    [{ name: 'a', namespace: 'ns' }, []],
    [{ name: 'a', namespace: 'ns', generateName: 'a-' }, []],
    [{ name: 'a' }, ['metadata.namespace: Required value']],
    [{ namespace: 'ns' }, ['metadata.name: Required value: name or generateName is required']],
    [
      { ...metadata, labels: { '/x': '' } },
      ['metadata.labels: Invalid value: "/x": prefix part must be non-empty'],
    ],
    [
      { ...metadata, labels: { 'a/b/c': '' } },
      [
        "metadata.labels: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ],
    ],
    [
      { ...metadata, annotations: { 'A.b/C': 'x'.repeat(300_000) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      { ...metadata, finalizers: ['orphan', 'foregroundDeletion'] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      {
        ...metadata,
        ownerReferences: ['x', 'y'].map((name) => ({
          apiVersion: 'v1',
          kind: 'A',
          name,
          uid: name,
          controller: true,
        })),
      },
      [
        'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"A","name":"x","uid":"x","controller":true},{"apiVersion":"v1","kind":"A","name":"y","uid":"y","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for A/x and A/y',
      ],
    ],
  ])('%j', (meta, expected) => expect(lines(validateObjectMeta(meta, rules))).toEqual(expected));

  it('takes no new finalizer on a deleting object', () =>
    expect(
      lines(
        validateObjectMetaUpdate(
          { ...metadata, finalizers: ['a/b'], deletionTimestamp: 'T' },
          { ...metadata, deletionTimestamp: 'T' },
        ),
      ),
    ).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    ]));
});

describe('ConfigMap', () => {
  it.each<[ConfigMap, string[]]>([
    [
      { metadata, data: { a: 'x' }, binaryData: { a: '' } },
      ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    ],
    [
      { metadata, data: { '..a': '' } },
      ['data[..a]: Invalid value: "..a": must not start with \'..\''],
    ],
    [
      { metadata, data: { a: 'x'.repeat(1048577) } },
      ['[]: Too long: may not be more than 1048576 bytes'],
    ],
    [{ metadata, data: { a: 'x'.repeat(1048576) } }, []],
  ])('%#', (configMap, expected) => expect(lines(validateConfigMap(configMap))).toEqual(expected));

  it('keeps what is immutable', () => {
    const text = 'Forbidden: field is immutable when `immutable` is set';
    const old: ConfigMap = { metadata, immutable: true, data: { a: '1' } };
    expect(lines(validateConfigMapUpdate({ metadata, data: { a: '2' } }, old))).toEqual([
      `immutable: ${text}`,
      `data: ${text}`,
    ]);
    expect(
      validateConfigMapUpdate({ ...old, metadata: { ...metadata, labels: { a: 'b' } } }, old),
    ).toEqual([]);
  });
});

describe('Secret', () => {
  it('merges stringData over data and never shows it', () =>
    expect(
      defaultSecret({
        metadata,
        data: { a: base64('1'), b: base64('2') },
        stringData: { a: 'new' },
      }),
    ).toEqual({ metadata, type: 'Opaque', data: { a: base64('new'), b: base64('2') } }));

  it.each<[Secret, string[]]>([
    [
      { metadata, type: 'kubernetes.io/basic-auth', data: {} },
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    [{ metadata, type: 'kubernetes.io/basic-auth', data: { username: base64('u') } }, []],
    [
      { metadata, type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
      ['data[tls.key]: Required value'],
    ],
    [
      {
        metadata,
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': base64('x') },
      },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
      ],
    ],
    [
      { metadata, type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [
      { metadata, type: 'anything.example/else', data: { 'a b': '' } },
      [
        "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
  ])('%#', (secret, expected) => expect(lines(validateSecret(secret))).toEqual(expected));

  it('keeps its type', () =>
    expect(
      lines(validateSecretUpdate({ metadata, type: 'Opaque' }, { metadata, type: 'x/y' })),
    ).toEqual(['type: Invalid value: "Opaque": field is immutable']));
});

describe('Namespace', () => {
  it('carries its name as a label', () =>
    expect(defaultNamespace({ metadata: { name: 'a' } }).metadata?.labels).toEqual({
      'kubernetes.io/metadata.name': 'a',
    }));
  it('is named by a label', () =>
    expect(lines(validateNamespace({ metadata: { name: 'a.b' } }))).toEqual([
      'metadata.name: Invalid value: "a.b": must not contain dots',
    ]));
});
