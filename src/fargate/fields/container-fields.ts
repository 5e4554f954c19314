// The rows of the field table for containers and init containers.
import { capabilityName, DEFAULT_CAPABILITIES } from '../../pod/process/capabilities.ts';
import { KEEPS_SIZE } from '../size.ts';
import { implemented, refused, table, warned, type Row } from './field-table.ts';

const HTTP_GET = 'httpGet.{host,path,port,scheme,httpHeaders[].name,httpHeaders[].value}';
const HANDLER = `exec.command[],${HTTP_GET},tcpSocket.host,tcpSocket.port`;
const SUB_PATH =
  'a single file of a configMap, secret, downwardAPI or projected volume is a copy made at each start, writable where the container may write around it; ' +
  'a single file of an emptyDir, and a subPathExpr beside other mounts of its volume, is a link; ' +
  "under a read-only root the file's directory is a copy of the image's, made by one more container of the task (not for files in `/`)";
const PROFILE_REASON = 'Fargate sets the security profile itself; only RuntimeDefault is possible';

const isFargateCapability = (name: unknown): boolean => {
  const known = capabilityName(String(name));
  return known === 'SYS_PTRACE' || DEFAULT_CAPABILITIES.has(known);
};

/** Rows below `containers[]`. */
export const CONTAINER_FIELDS: Row[] = [
  table(
    'containers[].{name,image,command[],args[],workingDir,stdin,stdinOnce,tty,terminationMessagePath,terminationMessagePolicy}',
    implemented(),
  ),
  table(
    'containers[].imagePullPolicy',
    implemented('Always means once per task: a restart in place does not pull again'),
  ),
  table(
    'containers[].{restartPolicy,restartPolicyRules[].action,restartPolicyRules[].exitCodes.operator,restartPolicyRules[].exitCodes.values[]}',
    implemented(),
  ),
  table(
    'containers[].env[].{name,value} containers[].envFrom[].{prefix,configMapRef.name,configMapRef.optional,secretRef.name,secretRef.optional}',
    implemented(),
  ),
  table(
    'containers[].env[].valueFrom.{configMapKeyRef,secretKeyRef}.{name,key,optional}',
    implemented(),
  ),
  table(
    'containers[].env[].valueFrom.{fieldRef.apiVersion,fieldRef.fieldPath,resourceFieldRef.containerName,resourceFieldRef.resource,resourceFieldRef.divisor}',
    implemented(),
  ),
  table(
    'containers[].env[].valueFrom.fileKeyRef.{volumeName,path,key,optional}',
    implemented('not in subPathExpr'),
  ),
  table(
    'containers[].ports[].{name,containerPort,protocol}',
    implemented('for information: every port of a pod can be reached'),
  ),
  table(
    'containers[].ports[].hostIP',
    refused('Fargate has no host addresses', {
      harmless: (address) => address === '' || address === '0.0.0.0',
    }),
  ),
  // limits.ts compares it with the containerPort, since it has both.
  table(
    'containers[].ports[].hostPort',
    implemented('only equal to containerPort: a Fargate task has no host ports'),
  ),
  table(
    'containers[].resources.{limits,requests}',
    implemented('the sum is rounded up to a size of Fargate'),
  ),
  table('containers[].resources.claims[].**', refused('Fargate has no devices to claim')),
  table(
    'containers[].resizePolicy[].{resourceName,restartPolicy}',
    implemented(`${KEEPS_SIZE}: on AWS /resize is refused`),
  ),
  table(
    `containers[].{livenessProbe,readinessProbe,startupProbe}.{${HANDLER},grpc.port,grpc.service}`,
    implemented(),
  ),
  table(
    'containers[].{livenessProbe,readinessProbe,startupProbe}.{initialDelaySeconds,periodSeconds,timeoutSeconds,successThreshold,failureThreshold,terminationGracePeriodSeconds}',
    implemented(),
  ),
  table(`containers[].lifecycle.{postStart,preStop}.{${HANDLER},sleep.seconds}`, implemented()),
  table(
    'containers[].lifecycle.stopSignal',
    warned('Kubernetes 1.35 does not obey it either by default; the image decides the stop signal'),
  ),
  table('containers[].volumeMounts[].{name,mountPath,readOnly}', implemented()),
  table('containers[].volumeMounts[].{subPath,subPathExpr}', implemented(SUB_PATH)),
  table(
    'containers[].volumeMounts[].mountPropagation',
    refused('mounts of a Fargate task do not propagate', { harmless: (mode) => mode === 'None' }),
  ),
  table(
    'containers[].volumeMounts[].recursiveReadOnly',
    refused('Fargate has no recursive read-only mounts', {
      harmless: (mode) => mode !== 'Enabled',
    }),
  ),
  table('containers[].volumeDevices[].**', refused('Fargate has no block devices')),
  table(
    'containers[].securityContext.{runAsUser,runAsGroup,runAsNonRoot,readOnlyRootFilesystem,allowPrivilegeEscalation,capabilities.drop[]}',
    implemented(),
  ),
  table(
    'containers[].securityContext.capabilities.add[]',
    refused('Fargate adds no capability but SYS_PTRACE to the default ones', {
      docker: true,
      harmless: isFargateCapability,
    }),
  ),
  table(
    'containers[].securityContext.privileged',
    refused('Fargate runs no privileged containers', { docker: true }),
  ),
  table(
    'containers[].securityContext.procMount',
    refused('Fargate masks /proc as usual', { harmless: (mode) => mode === 'Default' }),
  ),
  table(
    'containers[].securityContext.{seccompProfile,appArmorProfile}.type',
    refused(PROFILE_REASON, { harmless: (type) => type === 'RuntimeDefault' }),
  ),
  table(
    'containers[].securityContext.{seccompProfile,appArmorProfile}.localhostProfile',
    refused(PROFILE_REASON),
  ),
  table(
    'containers[].securityContext.seLinuxOptions.**',
    warned('no node of droppod has SELinux: the labels have no effect'),
  ),
  table(
    'containers[].securityContext.windowsOptions.**',
    refused('droppod runs Linux containers only'),
  ),
];
