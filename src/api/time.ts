// Times as Kubernetes writes them in metadata.

/** RFC 3339 in UTC, whole seconds. */
export const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z');
