// The form in which Kubernetes prints a pod's spec: empty members are left out.
// Go omits zero values of plain members and keeps those of pointers; the sets below say which members are plain.
import { own, setOwn } from '../../own.ts';

/** Plain strings, numbers and booleans by name; members of the same name that are pointers are listed in POINTERS. */
const PLAIN = new Set([
  'serviceAccountName',
  'serviceAccount',
  'nodeName',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostname',
  'subdomain',
  'schedulerName',
  'priorityClassName',
  'restartPolicy',
  'dnsPolicy',
  'image',
  'workingDir',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'stdin',
  'stdinOnce',
  'tty',
  'protocol',
  'hostIP',
  'hostPort',
  'readOnly',
  'subPath',
  'subPathExpr',
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'path',
  'host',
  'scheme',
  'prefix',
  'operator',
  'effect',
  'medium',
  'secretName',
  'reference',
  'pullPolicy',
  'apiVersion',
  'targetContainerName',
  'role',
  'level',
  'fsType',
  'partition',
  'audience',
  'containerName',
  'user',
]);

/** Members that Go holds as pointers (or always prints), as `parent.member`: their zero values stay. */
const POINTERS = new Set([
  'csi.readOnly',
  'csi.fsType',
  'azureDisk.readOnly',
  'azureDisk.fsType',
  'hostPath.path',
  'serviceAccountToken.path',
  'items.path',
  'nfs.path',
  'glusterfs.path',
  'fileKeyRef.path',
  'matchExpressions.operator',
  'matchFields.operator',
  'exitCodes.operator',
  'clusterTrustBundle.path',
  'azureFile.secretName',
  'restartPolicyRules.restartPolicy',
  'resizePolicy.restartPolicy',
  'containers.restartPolicy',
  'initContainers.restartPolicy',
]);

/** Members that are plain only below these parents. */
const PLAIN_BELOW = new Set([
  'env.value',
  'tolerations.value',
  'tolerations.key',
  'ports.name',
  'configMap.name',
  'secret.name',
  'configMapRef.name',
  'secretRef.name',
  'configMapKeyRef.name',
  'secretKeyRef.name',
  'imagePullSecrets.name',
]);

/** Maps and structures that are printed even when empty, because the member is a structure or a pointer to one. */
const MAPS = new Set([
  'labels',
  'annotations',
  'nodeSelector',
  'limits',
  'requests',
  'matchLabels',
  'overhead',
  'volumeAttributes',
  'userAnnotations',
]);

const VERBATIM = new Set([
  'labels',
  'annotations',
  'nodeSelector',
  'matchLabels',
  'volumeAttributes',
]);

/** Pointers that Go prints even when they are nil. */
const PRINTED_NULLS: Readonly<Record<string, string[]>> = {
  dataSource: ['apiGroup'],
  dataSourceRef: ['apiGroup'],
  scaleIO: ['secretRef'],
};

function isEmpty(parent: string, name: string, value: unknown): boolean {
  if (value === null) return !(own(PRINTED_NULLS, parent)?.includes(name) ?? false);
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object') return MAPS.has(name) && Object.keys(value).length === 0;
  if (value !== '' && value !== 0 && value !== false) return false;
  const member = `${parent}.${name}`;
  return PLAIN_BELOW.has(member) || (PLAIN.has(name) && !POINTERS.has(member));
}

/** Lists whose elements are texts or numbers: null among them is Go's zero value, among structures an empty structure. */
const TEXT_LISTS = new Set([
  'command',
  'args',
  'values',
  'nameservers',
  'searches',
  'hostnames',
  'add',
  'drop',
  'matchLabelKeys',
  'mismatchLabelKeys',
  'namespaces',
  'accessModes',
  'finalizers',
  'monitors',
  'portals',
  'targetWWNs',
  'wwids',
]);

/** Members that Go always prints, because they are neither pointers nor omitted when empty. */
const ALWAYS: Readonly<Record<string, Record<string, unknown>>> = {
  containers: { name: '' },
  initContainers: { name: '' },
  ephemeralContainers: { name: '' },
  volumes: { name: '' },
  volumeMounts: { name: '', mountPath: '' },
  volumeDevices: { name: '', devicePath: '' },
  env: { name: '' },
  sysctls: { name: '', value: '' },
  httpHeaders: { name: '', value: '' },
  schedulingGates: { name: '' },
  readinessGates: { conditionType: '' },
  resourceClaims: { name: '' },
  matchExpressions: { key: '', operator: '' },
  matchFields: { key: '', operator: '' },
};

function element(entry: unknown, parent: string): unknown {
  if (entry === null)
    return TEXT_LISTS.has(parent)
      ? ''
      : parent === 'supplementalGroups'
        ? 0
        : omitEmpty({}, parent);
  return omitEmpty(entry, parent);
}

const withoutNulls = (map: object): object =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value ?? '']));

/** A copy without the members that Kubernetes omits, with nulls as Go reads them; `parent` is the name of the member that holds `value`. */
export function omitEmpty(value: unknown, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => element(entry, parent));
  if (value === null || typeof value !== 'object') return value;
  if (VERBATIM.has(parent)) return withoutNulls(value);
  const kept: Record<string, unknown> = { ...own(ALWAYS, parent) };
  for (const [name, member] of Object.entries(value))
    if (!isEmpty(parent, name, member)) setOwn(kept, name, omitEmpty(member, name));
  return kept;
}
