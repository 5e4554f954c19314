// Errors that need no line: another run was quicker, or a dependency is away for a moment. What they interrupted is done again.
import { ApiError, StoreConflict, Unavailable } from '../../errors.ts';

export const isPassing = (error: unknown): boolean =>
  error instanceof StoreConflict ||
  error instanceof Unavailable ||
  (error instanceof ApiError && (error.reason === 'Conflict' || error.reason === 'NotFound'));
