// /etc/hosts, host name and resolv.conf of a pod (kubelet_pods.go, network/dns/dns.go).
import type { Pod } from '../../kinds/pod.ts';

/** The node's contribution: its own resolv.conf (absent where unknown), and the cluster's domain and DNS. */
export interface NetworkContext {
  podIP: string;
  clusterDomain: string;
  /** Cluster DNS addresses; with none, the node's own servers are used. */
  clusterDns?: readonly string[];
  /** Text of the node's resolv.conf. */
  nodeResolvConf?: string | undefined;
}

/** A parsed resolv.conf. */
interface ResolvConf {
  nameservers: readonly string[];
  searches: readonly string[];
  options: readonly string[];
}

const MAX_HOSTNAME = 63;
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_SEARCH_PATH = 253;
/** Length of Linux's nodename (struct utsname). */
const MAX_KERNEL_HOSTNAME = 64;

/** The pod's short name in its own network. */
function podHostname({ metadata, spec }: Pod): string {
  if (spec.hostnameOverride !== undefined && spec.hostnameOverride !== '')
    return spec.hostnameOverride;
  return (spec.hostname || (metadata.name ?? '')).slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
}

/** With a subdomain the full name as well; an override has none. */
function fullName(pod: Pod, clusterDomain: string): string | undefined {
  const { subdomain, hostnameOverride } = pod.spec;
  if (!subdomain || hostnameOverride) return undefined;
  return `${podHostname(pod)}.${subdomain}.${pod.metadata.namespace ?? ''}.svc.${clusterDomain}`;
}

/** The host name in the kernel and in HOSTNAME. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const full = pod.spec.setHostnameAsFQDN === true ? fullName(pod, clusterDomain) : undefined;
  return full ?? podHostname(pod);
}

/** Why the pod cannot have a sandbox: its name is too long for the kernel. */
export function hostnameProblem(pod: Pod, clusterDomain: string): string | undefined {
  const name = kernelHostname(pod, clusterDomain);
  if (name.length <= MAX_KERNEL_HOSTNAME) return undefined;
  return `failed to construct FQDN from pod hostname and cluster domain, FQDN ${name} is too long (${MAX_KERNEL_HOSTNAME} characters is the max, ${name.length} characters requested)`;
}

const LOCAL_HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

function hostsFile(pod: Pod, { podIP, clusterDomain }: NetworkContext): string {
  const names = [fullName(pod, clusterDomain), podHostname(pod)]
    .filter((name) => name !== undefined)
    .join('\t');
  const aliases = (pod.spec.hostAliases ?? []).map(
    ({ ip, hostnames }) => `${ip ?? ''}\t${(hostnames ?? []).join('\t')}\n`,
  );
  const added =
    aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('')}`;
  return `# Kubernetes-managed hosts file.\n${LOCAL_HOSTS}${podIP}\t${names}\n${added}`;
}

const EMPTY: ResolvConf = { nameservers: [], searches: [], options: [] };
const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

/** The parts of a resolv.conf; the last search line counts, as in the resolver. */
function parseResolvConf(text: string): ResolvConf {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const all = (keyword: string): string[] =>
    lines.flatMap(([first, ...rest]) => (first === keyword ? rest : []));
  const search = lines.findLast(([first]) => first === 'search')?.slice(1) ?? [];
  return {
    nameservers: lines.flatMap(([first, server]) =>
      first === 'nameserver' && server !== undefined ? [server] : [],
    ),
    searches: search,
    options: all('options'),
  };
}

/** By dnsPolicy; undefined: the node's own, which droppod does not know (the engine's file stays). */
function policyConf(
  pod: Pod,
  { clusterDns = [], clusterDomain, nodeResolvConf }: NetworkContext,
): ResolvConf | undefined {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return EMPTY;
  const node = nodeResolvConf === undefined ? undefined : parseResolvConf(nodeResolvConf);
  const usesCluster =
    policy === 'ClusterFirstWithHostNet' ||
    (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true);
  const nameservers = clusterDns.length > 0 ? clusterDns : (node?.nameservers ?? []);
  if (!usesCluster || nameservers.length === 0) return node;
  const searches = [
    `${pod.metadata.namespace ?? ''}.svc.${clusterDomain}`,
    `svc.${clusterDomain}`,
    clusterDomain,
  ];
  return {
    nameservers,
    searches: unique([...searches, ...(node?.searches ?? [])]),
    options: ['ndots:5'],
  };
}

/** dnsConfig adds servers and search paths and overrides options of the same name. */
function withDnsConfig(pod: Pod, base: ResolvConf): ResolvConf {
  const config = pod.spec.dnsConfig;
  if (config === undefined) return base;
  const options = (config.options ?? []).map(({ name = '', value }) =>
    value === undefined || value === '' ? name : `${name}:${value}`,
  );
  const overridden = new Set((config.options ?? []).map(({ name = '' }) => name));
  return {
    nameservers: unique([...base.nameservers, ...(config.nameservers ?? [])]),
    searches: unique([...base.searches, ...(config.searches ?? [])]),
    options: [
      ...base.options.filter((option) => !overridden.has(option.split(':')[0] ?? '')),
      ...options,
    ],
  };
}

/** Search paths within the limits; glibc fails on a single path that is too long. */
function fittingSearches(searches: readonly string[]): string[] {
  const fitting = searches.slice(0, MAX_SEARCHES).filter((path) => path.length <= MAX_SEARCH_PATH);
  while (fitting.join(' ').length > MAX_SEARCH_CHARACTERS) fitting.pop();
  return fitting;
}

function resolvConfText({ nameservers, searches, options }: ResolvConf): string {
  const fitting = fittingSearches(searches);
  const lines = [
    ...(fitting.length > 0 ? [`search ${fitting.join(' ')}`] : []),
    ...nameservers.slice(0, MAX_NAMESERVERS).map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What exceeds the limits of the pod's resolv.conf, in the kubelet's words (DNSConfigForming). */
export function dnsProblems(pod: Pod, context: NetworkContext): string[] {
  const base = policyConf(pod, context);
  if (base === undefined) return [];
  const { nameservers, searches } = withDnsConfig(pod, base);
  const fitting = fittingSearches(searches);
  return [
    ...(nameservers.length > MAX_NAMESERVERS
      ? [
          `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.slice(0, MAX_NAMESERVERS).join(' ')}`,
        ]
      : []),
    ...(fitting.length < searches.length
      ? [
          `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${fitting.join(' ')}`,
        ]
      : []),
  ];
}

/** Host name, hosts file and, where it differs from the node's own, resolv.conf: the `hosts` part of a sync answer. */
export function networkFiles(
  pod: Pod,
  context: NetworkContext,
): { hostname: string; hosts: string; resolvConf?: string } {
  const base = policyConf(pod, context);
  const files = {
    hostname: kernelHostname(pod, context.clusterDomain),
    hosts: hostsFile(pod, context),
  };
  // dnsConfig on top of an unknown node file would drop the node's servers.
  if (base === undefined) return files;
  return { ...files, resolvConf: resolvConfText(withDnsConfig(pod, base)) };
}
