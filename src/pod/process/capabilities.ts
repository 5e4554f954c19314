// Capabilities of a container's process: names and defaults.

/** A container's default capabilities: Docker's, which every runtime here uses. */
export const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** The canonical name of a capability for any of its spellings (`cap_net_raw`, `NET_RAW`). */
export const capabilityName = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');
