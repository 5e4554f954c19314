// Defaults and rules of a ServiceAccount.
import type { FieldError } from '../errors.ts';
import type { ServiceAccount } from '../kinds/pod.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

/** The ServiceAccount as it is: it has no defaults. */
export const defaultServiceAccount = (account: ServiceAccount): ServiceAccount => account;

/** Problems of a ServiceAccount at creation, metadata included. */
export const validateServiceAccount = (account: ServiceAccount): FieldError[] =>
  validateObjectMeta(account.metadata ?? {}, { namespaced: true, name: 'subdomain' });

/** Problems of an update, metadata included. */
export const validateServiceAccountUpdate = (
  next: ServiceAccount,
  old: ServiceAccount,
): FieldError[] => [
  ...validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {}),
  ...validateServiceAccount(next),
];
