// Where tasks find the passwords of registries.
import type { RegistryCredential } from './images.ts';

/** Where tasks find the passwords of registries by name, so that no task definition holds one. */
export interface PullSecrets {
  /** ARN of the secret with this credential, or why AWS refuses it; equal credentials share one. May be called again. */
  keep(
    credential: Pick<RegistryCredential, 'username' | 'password'>,
  ): Promise<{ arn: string } | { failure: string }>;
  /** Removes those not used lately; returns how many are left. Only while no pod lives. */
  clear(): Promise<number>;
}
