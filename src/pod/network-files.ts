// /etc/hosts, host name and resolv.conf of a pod (pod-lifecycle 9.6 and 9.7).
import type { Pod } from '../kinds/pod.ts';

/** What the node adds: its own resolv.conf (absent where unknown) and the cluster's domain and DNS. */
export interface NetworkContext {
  podIP: string;
  clusterDomain: string;
  /** Cluster DNS addresses; none: dnsPolicy ClusterFirst falls back to Default. */
  clusterDns?: readonly string[];
  node?: { nameservers: readonly string[]; searches: readonly string[]; options: readonly string[] };
}

/** Host name, hosts file and, where it differs from the node's own, resolv.conf: the `hosts` part of a sync answer. */
export function networkFiles(pod: Pod, context: NetworkContext): { hostname: string; hosts: string; resolvConf?: string } {
  throw new Error(`not built: ${String(pod.metadata.name)} ${context.podIP}`);
}
