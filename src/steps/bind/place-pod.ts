// The scheduler's choice for one pod. Where other pods matter, choices are made one at a time: each is assumed before it is bound, so that
// two pods that must not share a place cannot both find it empty (kube-scheduler's assumed pods).
import { isDeepStrictEqual } from 'node:util';
import { StoreConflict } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { alone } from '../../pod/placement/surroundings.ts';
import type { Surroundings } from '../../pod/placement/surroundings.ts';
import { heldMessage, schedule } from '../../pod/placement/schedule.ts';
import type { Placement } from '../../pod/placement/schedule.ts';
import type { Json } from '../../ports/json.ts';
import type { Ports } from '../../ports/ports.ts';
import { tooLargeFor } from '../../fargate/size.ts';
import { readNodes, readSurroundings } from './surroundings.ts';

type Assumed = { [uid: string]: string };

const ASSUMED = 'assumed/pods';
const MAX_TRIES = 30;

/** The pod's node; may be called again, and the newest choice counts. `held`: why no node can have it, regardless of the nodes. */
export async function placePod(
  ports: Pick<Ports, 'store'>,
  pod: Pod,
  held?: string,
): Promise<Placement> {
  const tooLarge = tooLargeFor(pod);
  const { nodes, othersMatter } = await readNodes(ports, pod);
  if (held !== undefined) return { unschedulable: heldMessage(pod, nodes.length, held) };
  if (!othersMatter) return schedule(pod, alone(nodes), tooLarge);
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const { assumed, revision } = await readAssumed(ports);
    const surroundings = await readSurroundings(ports, assumed);
    const placement = schedule(pod, surroundings, tooLarge);
    const others = stillAssumed(assumed, surroundings, pod);
    const next =
      'nodeName' in placement
        ? { ...others, [pod.metadata.uid ?? '']: placement.nodeName }
        : others;
    if (isDeepStrictEqual(next, assumed) || (await assume(ports, next, revision))) return placement;
  }
  throw new StoreConflict(
    `others were placed ${MAX_TRIES} times while pod ${pod.metadata.uid ?? ''} looked for a node`,
  );
}

/** The scheduler's present verdict, without assuming anything. */
export async function wouldPlace(ports: Pick<Ports, 'store'>, pod: Pod): Promise<Placement> {
  const { nodes, othersMatter } = await readNodes(ports, pod);
  return schedule(
    pod,
    othersMatter ? await readSurroundings(ports, (await readAssumed(ports)).assumed) : alone(nodes),
    tooLargeFor(pod),
  );
}

async function readAssumed({
  store,
}: Pick<Ports, 'store'>): Promise<{ assumed: Assumed; revision: number }> {
  const stored = await store.getRecord(ASSUMED);
  return { assumed: (stored?.value ?? {}) as Assumed, revision: stored?.revision ?? 0 };
}

/** Without those that are bound or gone, and without the pod itself. */
function stillAssumed(assumed: Assumed, { pods }: Surroundings, pod: Pod): Assumed {
  const unbound = new Set(
    pods
      .filter(({ status }) => status.startTime === undefined && status.phase === 'Pending')
      .map(({ metadata }) => metadata.uid),
  );
  unbound.delete(pod.metadata.uid);
  return Object.fromEntries(Object.entries(assumed).filter(([uid]) => unbound.has(uid)));
}

async function assume(
  { store }: Pick<Ports, 'store'>,
  assumed: Json,
  expected: number,
): Promise<boolean> {
  try {
    await store.commit({ records: [{ key: ASSUMED, value: assumed, expected }] });
    return true;
  } catch (error) {
    if (error instanceof StoreConflict) return false;
    throw error;
  }
}
