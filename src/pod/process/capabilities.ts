// Capabilities of a container's process: names and defaults.

/** What a container holds without asking: Docker's defaults, which every runtime here has. */
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

/** A capability's one name among its spellings (`cap_net_raw`, `NET_RAW`). */
export const capabilityName = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');
