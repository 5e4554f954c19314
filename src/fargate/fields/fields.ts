// droppod's treatment of every field of the 1.35 PodSpec: the table behind refusals, warnings and docs/limits.md.
// Paths are relative to `spec`, `[]` stands for any element; initContainers[] use the rows of containers[]. `x.**` covers everything below x.
import { CONTAINER_FIELDS } from './container-fields.ts';
import {
  implemented,
  refused,
  table,
  warned,
  fieldsOf,
  type Field,
  type Row,
} from './field-table.ts';
import { isOwnSysctl } from '../../pod/model/sysctls.ts';
import { VOLUME_FIELDS } from './volume-fields.ts';

const PROFILE_REASON = 'Fargate sets the security profile itself; only RuntimeDefault is possible';
/** Why AWS has no ephemeral containers; local mode adds them through their own endpoint. */
export const NO_FURTHER_CONTAINER = 'a running Fargate task takes no further container';
const LABEL_SELECTOR =
  '{matchLabels,matchExpressions[].key,matchExpressions[].operator,matchExpressions[].values[]}';
const NODE_TERM = '{matchExpressions[],matchFields[]}.{key,operator,values[]}';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution[]';
const OWN_HOST =
  '`kubernetes.io/hostname`: a Fargate task is never shared, so every pod is alone on its host: keeping apart and spreading always hold, required affinity to the host of another pod never does (warning)';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const POD_TERM = `{namespaces[],matchLabelKeys[],mismatchLabelKeys[],labelSelector.${LABEL_SELECTOR},namespaceSelector.${LABEL_SELECTOR}}`;

const POD_FIELDS: Row[] = [
  table(
    'restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds enableServiceLinks serviceAccountName serviceAccount automountServiceAccountToken',
    implemented(),
  ),
  table(
    'imagePullSecrets[].name readinessGates[].conditionType schedulingGates[].name nodeSelector',
    implemented(),
  ),
  table('tolerations[].{key,operator,value,effect,tolerationSeconds}', implemented()),
  table(
    'priority priorityClassName preemptionPolicy',
    implemented('every pod has a task of its own: nothing is preempted'),
  ),
  table(
    'hostAliases[].{ip,hostnames[]} dnsPolicy dnsConfig.{nameservers[],searches[],options[].name,options[].value}',
    implemented(),
  ),
  table(
    'hostname subdomain hostnameOverride setHostnameAsFQDN shareProcessNamespace',
    implemented(),
  ),
  table('resources.{limits,requests}', implemented()),
  table(
    `affinity.nodeAffinity.{${REQUIRED}.nodeSelectorTerms[],${PREFERRED}.preference}.${NODE_TERM} affinity.nodeAffinity.${PREFERRED}.weight`,
    implemented(),
  ),
  table(
    `affinity.{podAffinity,podAntiAffinity}.{${REQUIRED}[],${PREFERRED}.podAffinityTerm}.${POD_TERM} affinity.{podAffinity,podAntiAffinity}.${PREFERRED}.weight`,
    implemented(),
  ),
  table(
    `affinity.{podAffinity,podAntiAffinity}.{${REQUIRED}[],${PREFERRED}.podAffinityTerm}.topologyKey topologySpreadConstraints[].topologyKey`,
    implemented(OWN_HOST),
  ),
  table(
    `topologySpreadConstraints[].{maxSkew,whenUnsatisfiable,minDomains,nodeAffinityPolicy,nodeTaintsPolicy,matchLabelKeys[],labelSelector.${LABEL_SELECTOR}}`,
    implemented(),
  ),
  table(
    'securityContext.{runAsUser,runAsGroup,runAsNonRoot,fsGroup,fsGroupChangePolicy,supplementalGroups[],supplementalGroupsPolicy}',
    implemented(),
  ),
  table(
    'securityContext.sysctls[].name',
    refused(
      'Fargate sets only net.*, fs.mqueue.* and some kernel.msg*/sem/shm* sysctls; beyond Fargate the pod is accepted and fails at its node: SysctlForbidden',
      { docker: true, harmless: (name) => isOwnSysctl(String(name)) },
    ),
  ),
  table('securityContext.sysctls[].value', implemented()),
  table(
    'securityContext.{seccompProfile,appArmorProfile}.type',
    refused(PROFILE_REASON, { harmless: (type) => type === 'RuntimeDefault' }),
  ),
  table(
    'securityContext.{seccompProfile,appArmorProfile}.localhostProfile',
    refused(PROFILE_REASON),
  ),
  table(
    'securityContext.seLinuxOptions.**',
    warned('no node of droppod has SELinux: the labels have no effect'),
  ),
  table(
    'securityContext.seLinuxChangePolicy',
    warned('no node of droppod has SELinux: the labels have no effect', {
      harmless: (policy) => policy === 'Recursive',
    }),
  ),
  table('securityContext.windowsOptions.**', refused('droppod runs Linux containers only')),
  table('os.name', implemented('a pod for another system fails at its node: PodOSNotSupported')),
  table('hostNetwork', refused('Fargate has no host network: a task has an address of its own')),
  table('hostPID', refused('Fargate has no host to share processes with')),
  table('hostIPC', refused('Fargate has no host to share memory and semaphores with')),
  table(
    'hostUsers',
    refused('Fargate has no user namespaces', { harmless: (value) => value !== false }),
  ),
  table(
    'runtimeClassName',
    warned(
      'droppod has one runtime: the class gives overhead and scheduling, its handler is not looked at',
    ),
  ),
  table('overhead', implemented('added to the size of the task')),
  table('resourceClaims[].**', refused('Fargate has no devices to claim')),
  table('resources.claims[].**', refused('Fargate has no devices to claim')),
  table('workloadRef.**', refused('droppod starts every pod alone, not in gangs')),
  table('ephemeralContainers[].**', refused(NO_FURTHER_CONTAINER)),
  table('nodeName', implemented('the node must be there; it may turn the pod away')),
  table(
    'schedulerName',
    warned('droppod places every pod itself; there is no other scheduler', {
      harmless: (name) => name === 'default-scheduler',
    }),
  ),
];

let whole: readonly Field[] | undefined;

/** The whole table, sorted by path; made when it is first asked for, since most starts of a function never need it. */
export const fields = (): readonly Field[] =>
  (whole ??= fieldsOf([...POD_FIELDS, ...CONTAINER_FIELDS, ...VOLUME_FIELDS]).sort((left, right) =>
    left.path < right.path ? -1 : 1,
  ));
