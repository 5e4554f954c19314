// CustomResourceDefinitions for tests.
import type { createApi } from './client.ts';

export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const GADGETS = '/apis/example.com/v1/namespaces/default/gadgets';

type Fields = Record<string, unknown>;

/** A definition of gadgets in example.com with one version. */
export const definition = (schema: Fields, version: Fields = {}, spec: Fields = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', ...schema } },
        ...version,
      },
    ],
    ...spec,
  },
});

/** A schema whose spec has these properties. */
export const withSpec = (properties: Fields, more: Fields = {}): Fields => ({
  properties: { spec: { type: 'object', properties, ...more } },
});

/** A gadget. */
export const gadget = (name: string, fields: Fields = {}, version = 'v1') => ({
  apiVersion: `example.com/${version}`,
  kind: 'Gadget',
  metadata: { name },
  ...fields,
});

/** Creates the definition; fails the test if it is refused. */
export async function define(
  { send }: Pick<Awaited<ReturnType<typeof createApi>>, 'send'>,
  body: ReturnType<typeof definition>,
): Promise<void> {
  const { status, text } = await send('POST', DEFINITIONS, { body });
  if (status !== 201) throw new Error(text);
}
