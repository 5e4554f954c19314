// A pod's sysctls under one spelling, and which of them may be set for one pod alone.

/** Each belongs to a namespace of the kernel, so it is the pod's own (the same list as Docker's). */
const OWN_SYSCTLS =
  /^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$)/;

/** Touches nobody but the pod. */
export const isOwnSysctl = (name: string): boolean => OWN_SYSCTLS.test(sysctlName(name));

/** With dots as separators, as sysctl(8) reads both spellings: the first sign decides which one it is (`net/ipv4/conf/eth0.1/x`). */
export function sysctlName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/'
    ? [...name].map((sign) => (sign === '/' ? '.' : sign === '.' ? '/' : sign)).join('')
    : name;
}
