// A file that is not there is an answer; any other fault of reading it is one.

/** For `catch`: undefined where a file or a directory on the way is missing; throws anything else. */
export function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
