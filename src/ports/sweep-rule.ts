// The schedule of sweep.

/** The schedule of sweep; absent where sweep runs by itself (local mode). */
export interface SweepRule {
  on(): Promise<void>;
  off(): Promise<void>;
}
