// Who calls.

export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: { [key: string]: string[] };
}

/** The caller without credentials. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The caller that the admin token names. */
export const ADMIN: User = {
  name: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
};
