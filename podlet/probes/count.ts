// How probe results count (prober/worker.go): a result changes only after enough equal answers in a row.

export interface ProbeCount {
  /** The result in force; undefined: startup's Unknown. */
  result: boolean | undefined;
  last: boolean | undefined;
  inARow: number;
}

export interface Thresholds {
  successThreshold: number;
  failureThreshold: number;
}

/** Before the first answer: readiness failed, liveness succeeded, startup unknown. */
export function initialCount(kind: 'startup' | 'liveness' | 'readiness'): ProbeCount {
  return {
    result: kind === 'startup' ? undefined : kind === 'liveness',
    last: undefined,
    inARow: 0,
  };
}

/** The count after one more answer. */
export function countAnswer(
  count: ProbeCount,
  success: boolean,
  { successThreshold, failureThreshold }: Thresholds,
): ProbeCount {
  const inARow = count.last === success ? count.inARow + 1 : 1;
  const enough = inARow >= (success ? successThreshold : failureThreshold);
  return { result: enough ? success : count.result, last: success, inARow };
}
