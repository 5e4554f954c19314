// Capabilities that this machine does not give to anybody, of which an engine in it cannot give either: `privileged` asks for all.
import { readFileSync } from 'node:fs';
import type { DockerError } from '../docker/engine-api.ts';

/** By their numbers in the kernel (linux/capability.h). */
const NAMES =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE
SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND
AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s/);

/** The names that `CapBnd` of a process's status (proc(5)) leaves out; none where the text has no such line. */
export function lackingIn(status: string): string[] {
  const bounds = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (bounds === undefined) return [];
  const given = BigInt(`0x${bounds}`);
  return NAMES.filter((_, bit) => ((given >> BigInt(bit)) & 1n) === 0n);
}

/** What the machine of this process lacks; none where it cannot say. */
export function lackingHere(): string[] {
  try {
    return lackingIn(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    // No such file: the system is not Linux, and its engine runs in a machine of its own.
    return [];
  }
}

/** The capability that the engine refuses to leave out, since it does not know it (Docker 20.10) or cannot give it (a later one). */
export const unknownIn = ({ message }: DockerError): string | undefined =>
  /capability[^"]*: "CAP_([A-Z_]+)"/.exec(message)?.[1];

/** Whether a container could not start because runc may not give it what `privileged` asks for. */
export const asksTooMuch = ({ message }: DockerError): boolean =>
  message.includes('unable to apply caps');
