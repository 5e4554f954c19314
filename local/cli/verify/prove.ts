// Runs proofs in parallel and makes a row of each. A proof that throws has failed.
import type { Assumption, Evidence } from './assumption.ts';
import { failed, unproven } from './assumption.ts';
import { LABEL, type Lab } from './lab.ts';
import type { Row } from './table.ts';

export interface ProofTools {
  /** The lab of one proof. */
  labOf(id: string): Lab;
  /** Proofs at once. */
  width: number;
  /** Whether the target is AWS itself and not an emulator. */
  isAws: boolean;
  /** Whether pods stay after their proof. */
  keep: boolean;
  /** Called as soon as a row is complete. */
  onRow(row: Row): void;
}

/** The rows, in the order of the assumptions. */
export async function proveAll(assumptions: Assumption[], tools: ProofTools): Promise<Row[]> {
  const rows = new Map<string, Row>();
  const waiting = [...assumptions];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const row = await proveOne(next, tools);
      rows.set(row.id, row);
      tools.onRow(row);
    }
  };
  await Promise.all(Array.from({ length: tools.width }, work));
  return assumptions.flatMap(({ id }) => rows.get(id) ?? []);
}

async function proveOne(assumption: Assumption, tools: ProofTools): Promise<Row> {
  const { id, assumed } = assumption;
  const lab = tools.labOf(id);
  const begun = lab.now();
  const evidence = await assumption
    .prove(lab)
    .catch((error: unknown) => failed(error instanceof Error ? error.message : String(error)));
  const seconds = Math.round((lab.now() - begun) / 1000);
  if (!tools.keep) await removePods(lab, id);
  return { id, assumed, seconds, ...judged(assumption, evidence, tools.isAws) };
}

function judged({ onAwsOnly }: Assumption, evidence: Evidence, isAws: boolean): Evidence {
  const text = evidence.text.replaceAll(/\s+/g, ' ').slice(0, 500);
  return evidence.outcome === 'failed' && !isAws && onAwsOnly !== undefined
    ? unproven(`${onAwsOnly} (${text})`)
    : { ...evidence, text };
}

/** Frees the quota for the next proof. */
async function removePods(lab: Lab, id: string): Promise<void> {
  const path = `${lab.path('pods')}?labelSelector=${LABEL}%3D${id}`;
  await lab.request('DELETE', path).catch(() => {
    // The deletion of the namespace removes them too, and reports what prevents it.
  });
}
