// Randomness.

export interface Ids {
  uuid(): string;
  /** `length` characters of Kubernetes' name alphabet `bcdfghjklmnpqrstvwxz2456789`. */
  suffix(length: number): string;
}
