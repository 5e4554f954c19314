// R10: the table of fields against Kubernetes' own description of a PodSpec: no field may be dropped silently.
import * as models from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fields } from '../../../src/fargate/fields/fields.ts';
import { limitsPage } from '../../limits.ts';

interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[];
}

/** Fields of 1.35 that the client's model (1.34) lacks. */
const ADDED_IN_1_35 = [
  'workloadRef.name',
  'workloadRef.podGroup',
  'workloadRef.podGroupReplicaKey',
  'volumes[].projected.sources[].podCertificate.userAnnotations',
];

function isModel(value: unknown): value is Model {
  return typeof value === 'function' && 'getAttributeTypeMap' in value;
}

const FIELDS = fields();
const BY_PATH = new Map(FIELDS.map((field) => [field.path.replace(/\.\*\*$/, ''), field]));

/** Every path below a type down to its leaves; recursion ends at a type that contains itself. */
function leaves(type: string, path: string, above: readonly string[] = []): string[] {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  if (element !== undefined) return leaves(element, `${path}[]`, above);
  const model: unknown = Reflect.get(models, type);
  if (!isModel(model) || above.includes(type)) return [path];
  return model
    .getAttributeTypeMap()
    .flatMap(({ baseName, type: member }) =>
      leaves(member, path === '' ? baseName : `${path}.${baseName}`, [...above, type]),
    );
}

/** The line that covers a leaf: its own, or that of a structure above it. */
function lineOf(path: string): unknown {
  const own = BY_PATH.get(path);
  if (own) return own;
  for (let at = path.lastIndexOf('.'); at > 0; at = path.lastIndexOf('.', at - 1)) {
    const line = BY_PATH.get(path.slice(0, at));
    if (line?.path === `${path.slice(0, at)}.**`) return line;
  }
  return undefined;
}

const PATHS = [
  ...new Set(
    [...leaves('V1PodSpec', ''), ...ADDED_IN_1_35].map((path) =>
      path.replace(/^initContainers/, 'containers'),
    ),
  ),
];

describe('the table of fields', () => {
  it('knows the PodSpec from the client', () => expect(PATHS.length).toBeGreaterThan(400));

  it('R10: treats every field of the PodSpec', () =>
    expect(PATHS.filter((path) => lineOf(path) === undefined)).toEqual([]));

  it('names no field twice', () =>
    expect(
      FIELDS.map(({ path }) => path).filter((path, index, all) => all.indexOf(path) !== index),
    ).toEqual([]));

  it('names no field that Kubernetes does not have', () => {
    const known = (path: string): boolean =>
      PATHS.some(
        (leaf) => leaf === path || leaf.startsWith(`${path}.`) || leaf.startsWith(`${path}[]`),
      );
    expect(
      FIELDS.map(({ path }) => path.replace(/\.\*\*$/, '')).filter((path) => !known(path)),
    ).toEqual([]);
  });

  it('is what docs/limits.md says (run `npm run update`)', () => {
    expect(readFileSync(join(import.meta.dirname, '../../../docs/limits.md'), 'utf8')).toBe(
      limitsPage(),
    );
  });
});
