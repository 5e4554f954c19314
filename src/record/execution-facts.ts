// The detail of a "Step Functions Execution Status Change" as facts.

export interface ExecutionFacts {
  name: string;
  status: string;
}

/** The execution and its status; undefined for any other detail. */
export function executionFacts(detail: unknown): ExecutionFacts | undefined {
  if (typeof detail !== 'object' || detail === null || !('name' in detail) || !('status' in detail))
    return undefined;
  const { name, status } = detail;
  return typeof name === 'string' && typeof status === 'string' ? { name, status } : undefined;
}
