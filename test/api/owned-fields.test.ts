// Which fields an owner has: structures and maps that Kubernetes calls atomic have one owner as a whole.
import { expect, it } from 'vitest';
import { compareFields, fieldsOf } from '../../src/api/fields/field-tree.ts';
import { applyObject } from '../../src/api/patch/apply.ts';
import { kindShape } from '../../src/kinds/shapes.ts';

it.each<[string, object, object]>([
  ['Service', { selector: { a: 'b' } }, { 'f:selector': {} }],
  ['ReplicationController', { selector: { a: 'b' } }, { 'f:selector': {} }],
  ['Pod', { nodeSelector: { a: 'b' } }, { 'f:nodeSelector': {} }],
  [
    'Pod',
    { imagePullSecrets: [{ name: 'p' }] },
    { 'f:imagePullSecrets': { '.': {}, 'k:{"name":"p"}': {} } },
  ],
  [
    'PersistentVolume',
    { claimRef: { name: 'c' }, capacity: { storage: '1' } },
    { 'f:capacity': { '.': {}, 'f:storage': {} }, 'f:claimRef': {} },
  ],
])('%s %j', (kind, spec, expected) => {
  expect(fieldsOf(kindShape('', kind), { spec }, true)).toEqual({
    'f:spec': { '.': {}, ...expected },
  });
});

const writer = {
  manager: 'two',
  apiVersion: 'v1',
  subresource: '',
  now: new Date(0),
  resetFields: [],
};
const service = (selector: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'ns' },
  spec: { selector },
});

it('apply replaces an atomic map, and another owner of it is a conflict', () => {
  const shape = kindShape('', 'Service');
  const old = service({ a: 'b' });
  const { changed } = compareFields(shape, {}, old);
  const live = {
    ...old,
    metadata: {
      ...old.metadata,
      uid: 'u',
      managedFields: [
        {
          manager: 'one',
          operation: 'Apply',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': changed['f:spec'] ?? {} },
        },
      ],
    },
  };
  const next = service({ c: 'd' });
  expect(() => applyObject(shape, live, next, writer, false)).toThrow(/conflict.*\.spec\.selector/);
  expect(applyObject(shape, live, next, writer, true).object).toMatchObject({
    spec: { selector: { c: 'd' } },
  });
  expect(applyObject(shape, live, next, writer, true).object).not.toHaveProperty('spec.selector.a');
});

it('an owner of single keys, from before the map was atomic, owns it as a whole', () => {
  const shape = kindShape('', 'Service');
  const old = service({ a: 'b' });
  const fieldsV1 = { 'f:spec': { 'f:selector': { 'f:a': {} } } };
  const entry = {
    manager: 'two',
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
  const live = { ...old, metadata: { ...old.metadata, uid: 'u', managedFields: [entry] } };
  const applied = applyObject(shape, live, old, writer, false);
  expect(applied.object).toMatchObject({ spec: { selector: { a: 'b' } } });
  expect(applied.entries.map((one) => one.fieldsV1)).toEqual([{ 'f:spec': { 'f:selector': {} } }]);
  const other = { ...writer, manager: 'one' };
  expect(() => applyObject(shape, live, service({ a: 'c' }), other, false)).toThrow(
    /conflict.*\.spec\.selector/,
  );
});
