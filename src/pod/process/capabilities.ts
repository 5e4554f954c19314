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

/** Those that Linux has besides; other names have no effect, as at a node. */
const FURTHER_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_CONTROL',
  'AUDIT_READ',
  'BLOCK_SUSPEND',
  'BPF',
  'CHECKPOINT_RESTORE',
  'DAC_READ_SEARCH',
  'IPC_LOCK',
  'IPC_OWNER',
  'LEASE',
  'LINUX_IMMUTABLE',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'NET_ADMIN',
  'NET_BROADCAST',
  'PERFMON',
  'SYSLOG',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_MODULE',
  'SYS_NICE',
  'SYS_PACCT',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'WAKE_ALARM',
]);

/** Whether the engine has to add it: a capability of Linux (or ALL) that containers do not have by default. */
export const isAddable = (name: string): boolean =>
  name === 'ALL' || FURTHER_CAPABILITIES.has(name);

/** The canonical name of a capability for any of its spellings (`cap_net_raw`, `NET_RAW`). */
export const capabilityName = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');
