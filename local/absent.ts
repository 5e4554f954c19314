// A missing file is a result; any other error of reading it is a fault.

/** For `catch`: undefined where a file or a directory on the way is missing; throws anything else. */
export function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
