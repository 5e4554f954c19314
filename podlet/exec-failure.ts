// Why no process of a session, probe or hook could be started, in the words of containerd and runc.

/** The runtime's message around supervise's. The id in it is the same for the same failure, so that its events are counted as one. */
export function execFailure(error: string): string {
  // Loaded here: it costs a podlet's start 11 ms, and most never need it.
  const id = process
    .getBuiltinModule('node:crypto')
    .createHash('sha256')
    .update(error)
    .digest('hex');
  return `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: ${error}: unknown`;
}
