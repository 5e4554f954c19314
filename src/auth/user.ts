// The caller of a request.

export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: { [key: string]: string[] };
}

/** The caller without credentials. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The caller with the admin token. */
export const ADMIN: User = {
  name: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
};
