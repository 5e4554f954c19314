// Errors that are not logged: another run came first, or a dependency is briefly unavailable. The interrupted work is repeated.
import { ApiError, StoreConflict, Unavailable } from '../../errors.ts';

export const isPassing = (error: unknown): boolean =>
  error instanceof StoreConflict ||
  error instanceof Unavailable ||
  (error instanceof ApiError && (error.reason === 'Conflict' || error.reason === 'NotFound'));
