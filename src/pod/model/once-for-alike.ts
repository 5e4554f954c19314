// Replicas differ by their names alone: what is said of a pod whatever its name is looked for once for all that are alike.
import type { Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { Latest } from '../../remembered.ts';
import { isTokenVolume } from '../volumes/volumes.ts';

/** Templates that are remembered for each judge. */
const MOST_TEMPLATES = 128;
/** Longer pods are judged each time. */
const MOST_CHARACTERS = 16_384;

/** A text of JSON has no such character: nothing else in a pod can be taken for the name. */
const TOKEN_VOLUME = '"\0"';

/** What makes pods alike, as a pod and as a text. */
interface Likeness {
  pod: Pod;
  key: string;
}

/**
 * `judge`, asked once for all pods that are alike where it has nothing to say of them. It sees no more of a pod than what makes pods
 * alike: spec, labels and annotations, and the name where claims have names made of it.
 */
export function onceForAlike<T>(judge: (pod: Pod) => T[]): (pod: Pod) => T[] {
  const faultless = new Latest<true>(MOST_TEMPLATES, MOST_CHARACTERS);
  return (pod) => {
    const seen = likenessOf(pod);
    if (faultless.get(seen.key)) return [];
    const said = judge(seen.pod);
    if (said.length === 0) faultless.set(seen.key, true);
    return said;
  };
}

/** One pod is judged several times in a row. */
const likenesses = new WeakMap<Pod['metadata'], Likeness & { spec: Pod['spec'] }>();

function likenessOf(pod: Pod): Likeness {
  const known = likenesses.get(pod.metadata);
  if (known?.spec === pod.spec) return known;
  const { metadata, spec } = pod;
  const made = { spec, ...likeness({ metadata: sharedMetadata(pod), spec, status: {} }) };
  likenesses.set(metadata, made);
  return made;
}

function sharedMetadata({ metadata, spec }: Pod): Pod['metadata'] {
  const { labels, annotations, name } = metadata;
  const named = spec.volumes?.some(({ ephemeral }) => ephemeral) === true;
  return present({ labels, annotations, name: named ? name : undefined });
}

/** The volume that admission adds has a random name. */
function likeness(pod: Pod): Likeness {
  const key = JSON.stringify([pod.metadata, pod.spec]);
  const token = pod.spec.volumes?.find((volume) => isTokenVolume(pod, volume));
  return {
    pod,
    key: token === undefined ? key : key.replaceAll(`"${token.name}"`, TOKEN_VOLUME),
  };
}
