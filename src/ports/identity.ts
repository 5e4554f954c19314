// Identities that are strings on the wire, distinguished by their types.

export type TaskArn = string & { readonly brand: 'TaskArn' };

/** Decimal string of the one counter; comparable as a number. */
export type ResourceVersion = string & { readonly brand: 'ResourceVersion' };
