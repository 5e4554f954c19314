// Patches of the four kinds for an object of a kind: JSON patch, merge patch, strategic merge patch, apply.
import type { Chance } from '../simulation/random.ts';
import { looseYaml } from './encodings.ts';
import type { KubeValue } from './objects.ts';
import { hostileValue, placesOf, pointersOf, spoilt, type Value } from './values.ts';

const ODD_POINTERS = [
  '',
  '/',
  '/x',
  '/metadata/labels/-',
  '/spec/containers/-',
  '/spec/containers/99',
  '/spec/containers/-1',
  '/spec/containers/1e0',
  '~',
  '/~2',
  '/metadata/managedFields/0/fieldsV1',
  '/a/b/c',
  '/__proto__/x',
  '/constructor/prototype/x',
  '/metadata/__proto__/x',
  'metadata',
  '/metadata/labels/__proto__',
];
const OPERATIONS = ['add', 'remove', 'replace', 'test', 'move', 'copy', 'x'];

function jsonPatch(object: KubeValue, chance: Chance): Value {
  // A list that is copied into itself doubles each time.
  if (chance.happens(0.03))
    return [
      { op: 'add', path: '/metadata/finalizers', value: ['a.b/c'] },
      ...Array.from({ length: chance.pick([5, 18, 26, 40]) }, () => ({
        op: 'copy',
        from: '/metadata/finalizers',
        path: '/metadata/finalizers/-',
      })),
    ];
  const pointers = [...pointersOf(object), ...ODD_POINTERS];
  return Array.from({ length: chance.pick([0, 1, 1, 2, 5]) }, () => {
    const operation: KubeValue = { op: chance.pick(OPERATIONS), path: chance.pick(pointers) };
    if (chance.happens(0.8)) operation['value'] = hostileValue(chance);
    if (chance.happens(0.5)) operation['from'] = chance.pick(pointers);
    if (chance.happens(0.05)) delete operation['path'];
    return operation;
  });
}

const DIRECTIVES = [
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$setElementOrder/finalizers',
  '$deleteFromPrimitiveList/finalizers',
  '$deleteFromPrimitiveList',
  '$setElementOrder/x',
  '$setElementOrder/__proto__',
];
const DIRECTIVE_VALUES: Value[] = [
  'delete',
  'replace',
  'merge',
  'x',
  null,
  5,
  [],
  ['containers'],
  [{ name: 'c' }],
  [null],
  [[]],
  { a: 1 },
];

function strategicPatch(object: KubeValue, chance: Chance): Value {
  const some = Object.fromEntries(
    Object.entries(object).filter(([key]) => key === 'metadata' || chance.happens(0.6)),
  );
  const patch = spoilt(some, chance);
  for (let time = chance.pick([0, 1, 2]); time > 0; time--) {
    const places = placesOf(patch);
    if (places.length === 0) break;
    const { holder } = chance.pick(places);
    if (Array.isArray(holder))
      holder.push({ $patch: chance.pick(['delete', 'replace', 'x']), name: 'c' });
    else holder[chance.pick(DIRECTIVES)] = structuredClone(chance.pick(DIRECTIVE_VALUES));
  }
  return patch;
}

export interface Patch {
  contentType: string;
  text: string;
  apply: boolean;
}

const json = (value: Value): string => JSON.stringify(value);

/** A patch that the kind's object might get. */
export function somePatch(object: KubeValue, chance: Chance): Patch {
  switch (chance.below(4)) {
    case 0:
      return {
        contentType: 'application/json-patch+json',
        text: json(jsonPatch(object, chance)),
        apply: false,
      };
    case 1:
      return {
        contentType: chance.happens(0.9)
          ? 'application/merge-patch+json'
          : chance.pick(['application/json', 'text/plain', '']),
        text: json(spoilt(object, chance)),
        apply: false,
      };
    case 2:
      return {
        contentType: 'application/strategic-merge-patch+json',
        text: json(strategicPatch(object, chance)),
        apply: false,
      };
    default:
      return {
        contentType: 'application/apply-patch+yaml',
        text: looseYaml(spoilt(object, chance), chance),
        apply: true,
      };
  }
}
