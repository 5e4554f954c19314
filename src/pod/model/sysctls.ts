// A pod's sysctls in one spelling, and those that may be set for a single pod.

/** Each belongs to a kernel namespace and so to the pod alone (the same list as Docker's). */
const OWN_SYSCTLS =
  /^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$)/;

/** Whether it affects only the pod. */
export const isOwnSysctl = (name: string): boolean => OWN_SYSCTLS.test(sysctlName(name));

/** With dots as separators, since sysctl(8) reads both spellings: the first separator decides which one it is (`net/ipv4/conf/eth0.1/x`). */
export function sysctlName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/'
    ? [...name].map((sign) => (sign === '/' ? '.' : sign === '.' ? '/' : sign)).join('')
    : name;
}
