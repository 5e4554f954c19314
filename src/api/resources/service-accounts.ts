// ServiceAccounts at the API.
import type { KubeObject, ServiceAccount } from '../../kinds/pod.ts';
import {
  defaultServiceAccount,
  validateServiceAccount,
  validateServiceAccountUpdate,
} from '../../validation/service-account.ts';
import { plain } from './plain.ts';
import type { Strategy } from './strategy.ts';

const accountOf = (object: KubeObject): ServiceAccount => object as ServiceAccount;
const objectOf = (account: ServiceAccount): KubeObject => ({
  ...account,
  metadata: account.metadata ?? {},
});

export const serviceAccounts: Strategy = {
  ...plain,
  defaults: (object) => objectOf(defaultServiceAccount(accountOf(object))),
  validate: (object) => validateServiceAccount(accountOf(object)),
  validateUpdate: (next, old) => validateServiceAccountUpdate(accountOf(next), accountOf(old)),
  returnsDeleted: true,
};
