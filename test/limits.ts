// Writes docs/limits.md from the table of fields; `npm run update` runs it, test/fargate/fields/fields.test.ts fails when it is stale.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MAX_CONTAINERS, MAX_MOUNTS } from '../src/fargate/limits.ts';
import { LARGEST } from '../src/pod/placement/node-size.ts';
import type { Field } from '../src/fargate/fields/field-table.ts';
import { fields } from '../src/fargate/fields/fields.ts';

const PAGE = join(import.meta.dirname, '../docs/limits.md');

const INTRODUCTION = `# Limits

What a pod may ask of Kubernetes 1.35 and not of droppod. This page is written from the table that decides (\`src/fargate/fields/fields.ts\`); nothing is dropped in silence:
a field is served, refused with 422 and the reason, or answered with a \`Warning:\` header. \`containers[]\` means init containers too.
Local mode refuses the same, so that a pod which runs here runs on Fargate; with \`--beyond-fargate\` it takes what Docker can do; with \`--no-refusals\` it takes all that Kubernetes takes and warns, to compare answers: such a pod need not run.`;

const WHOLE = `## The pod as a whole

| limit | why |
|---|---|
| at most ${MAX_CONTAINERS} containers, init containers included | a Fargate task holds 10 and one is the podlet |
| at most ${LARGEST.cpu} cpu, ${LARGEST.memory} memory, ${LARGEST['ephemeral-storage']} ephemeral storage; a larger pod stays Pending, Unschedulable | the largest Fargate task |
| at most ${MAX_MOUNTS} volumes and as many mounts | a task definition may have 64 KiB |
| cpu, memory and ephemeral-storage only | Fargate has no GPUs, huge pages or other devices |
| \`hostPort\` equal to \`containerPort\` or none | a Fargate task has an address of its own and no host ports |
| a single file by \`subPath\` is a copy (configMap, secret, downwardAPI, projected) or a link (emptyDir), no mount: a container that may write around it may replace it | a Fargate task mounts directories only |
| such a file under \`readOnlyRootFilesystem\`: its directory is a copy of the image's, made by one more container of the task, which counts against the ${MAX_CONTAINERS}; not in \`/\`, \`/proc\`, \`/sys\` or a volume that is mounted read-only | the same |
| a part of an emptyDir that an init container and a later one see from above is there before that init container starts (warning) | the part is a volume of its own, mounted inside the whole |
| what init containers leave in an emptyDir at the path of a part is copied into it when the part's first container starts | the part is a volume of its own |
| an emptyDir's \`subPath\` that looks like a file's and that an init container may make is a link; one that does not must be a directory | nobody knows before the start |
| \`subPathExpr\` beside other mounts of its volume is a link (warning), and refused under \`readOnlyRootFilesystem\` | its path is known when the container starts, the mounts when the task does |
| secrets and tokens lie on the task's disk, which Fargate encrypts; in local mode on the engine's | volumes that containers of a task share are directories |
| \`terminationMessagePath\` with \`readOnlyRootFilesystem\` only below /dev or in a writable volume (warning) | a Fargate task mounts no single files |
| no container of a pod starts before all its images can be had | ECS stops the whole task when one image fails |
| an \`ephemeral-storage\` limit counts what lies in emptyDirs, not what containers write elsewhere or to their logs | nobody in a Fargate task sees another container's root |
| a memory emptyDir that is mounted more than once is on disk (warning) | a tmpfs of Fargate belongs to one mount of one container |
| a pod whose podlet or container was killed from outside, or whose image was edited, runs on in a new task: new address, empty emptyDirs, init containers again | ECS cannot restart a container in a running task |
| the process is not PID 1 of its container: \`/proc/1\` is supervise's, and only root that dropped no capability may open its \`fd/1\`. Signals to process 1 are handed on by process 1's rule, except CHLD and URG | supervise restarts the process in place and reports its exit |
| root with \`SYS_PTRACE\` added reaches into supervise, and with \`shareProcessNamespace\` into the podlet and its credential for this pod | nothing but the missing capability keeps it out: supervise runs in the container, and a Fargate task shares its processes with all its containers or with none |
| a restart puts back what the run before changed in the root: new files go, removed and changed ones return, but of the first 2048 files only (64 KiB of the memory limit for each; /etc, /run, /tmp, /var and the program's own first, system directories last), at most 256 MiB in one restart, and only where the engine's root is an overlayfs; an event \`RootNotRestored\` names what stays changed | there is one root for all runs of a container; no image can be unpacked anew inside a task |
| what a run leaves in a directory that the image names as \`VOLUME\` is there in the next run too, unless a volume of the pod is mounted there; a \`workingDir\` that the image lacks is not made under a read-only root | the engine keeps such a directory outside the root; supervise, which starts the program, is in the container |
| in an image of more than 50 000 files, directories past that number keep what a run changed in them (event) | the same |
| at most 16384 processes and threads in a container, in local mode | a process bomb must not take the machine down; a kubelet has no limit unless it is given one |
| containers of a pod share their network and host name, not System V IPC or \`/dev/shm\` | a Fargate task has no \`ipcMode\` |
| containers of a pod share one \`/etc/resolv.conf\` | they share the network of one task |
| in local mode an image that the engine has is used, under \`Always\` too, when its registry cannot be reached at all | the engine is the registry then; a registry that refuses is believed |
| the API on AWS refuses \`pods/proxy\` and \`services/proxy\` | its functions are not in the pods' network |`;

const API = `## The API

| limit | why |
|---|---|
| the bindings of Kubernetes' own controllers (\`system:controller:…\`) are not made, their ClusterRoles are | nothing logs in as them, and an editor of all namespaces could |
| ConfigMaps of kube-system are written by \`system:masters\` alone, whatever else somebody is bound to | \`aws-auth\` there makes masters |
| on AWS a changed role or binding holds within 5 s everywhere, in local mode at once | each function instance decides from its memory ([rights.md](design/rights.md)) |
| a template that Fargate cannot run is refused with its Job or other workload | Kubernetes would take it, and each pod would fail |
| a failed pod that is gone no longer delays the one that replaces it | the back-off of a Job follows from the pods that there are: nothing remembers the others |
| a PersistentVolume of another kind than local mode's own is an object alone (with \`--beyond-fargate\` hostPath and local ones are mounted): a pod that uses it stays Pending, Unschedulable; \`subPath\` of a claim is a link into the whole (warning); a claim's size is not enforced, and a Block volume cannot be mounted | the engine's volumes are directories |
| an Ingress, IngressClass, NetworkPolicy or HorizontalPodAutoscaler is stored and does nothing (warning) | charts bring them; nothing here routes, filters or measures |
| webhooks of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration are not asked, even with \`failurePolicy: Fail\` (warning at each write) | droppod calls nobody at admission; no policy that is written as a webhook holds here |
| an APIService, CertificateSigningRequest, CSIDriver or CSINode is stored and does nothing (warning) | nothing here forwards requests, signs or mounts by plug-ins |
| custom kinds: no conversion webhooks (refused), and definitions of at most 200 levels of JSON, objects of at most 100 | droppod calls no webhooks; every rule must know its stack |
| rules of custom kinds (\`x-kubernetes-validations\`): CEL with Kubernetes' functions for texts, lists, patterns, URLs and quantities, \`isIP\`, \`isCIDR\` and optional values; a rule that calls another one (\`format\`, \`sets.*\`, \`ip()\`, \`cidr()\`, \`semver()\`, macros of two variables) is refused with its definition | the evaluator has no more, and a rule that is not asked would be a silent drop |
| the cost of rules is counted while they run (1 000 000 steps a rule, 5 000 000 an object) and not estimated beforehand; object types below the schemas with rules: at most 5 000, their text: at most 200 000 characters | rules, schemas and objects are all written by clients |
| patterns of schemas and rules of at most 10 000 characters, and at most 5 000 000 steps for the check of one object by its schema | the same |
| custom objects have no protobuf form (415), and a definition's columns take JSONPath without scripts | as in Kubernetes |
| a Service leads nowhere: its name does not resolve and nothing answers at its address (warning); pods get its variables | droppod has no resolver and no proxy between pods yet |
| in local mode a container's log keeps its last 100 to 150 MB, over all its runs; of the run before, once the present one has written more, the last 10 MiB or 20 000 lines until the restart; a follower that is slower than the container for so long has a gap | the engine's log is the container's, which all runs share |
| metrics.k8s.io has pods and no nodes; a number is up to half a minute old and comes with the podlet's next report | nothing asks a podlet for it |
| on AWS a controller's waits (minReadySeconds, back-off, deadlines, TTL, schedules) end up to a minute late, and pods without an owner reach a Service's endpoints or a budget within a minute | EventBridge Scheduler is precise to a minute; such pods must invoke nothing |
| exec, attach and port-forward in local mode only; attach to a container without stdin and tty shows whole lines | no serverless front carries upgrades; such output comes from the log |`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** `a.b`, `a.c` as `a.{b,c}`. */
function byParent(paths: readonly string[]): string[] {
  const parents = new Map<string, string[]>();
  for (const path of paths) {
    const dot = path.lastIndexOf('.');
    const parent = path.slice(0, dot + 1);
    parents.set(parent, [...(parents.get(parent) ?? []), path.slice(dot + 1)]);
  }
  return [...parents].flatMap(([parent, members]) =>
    parent === '' || members.length === 1
      ? members.map((member) => parent + member)
      : [`${parent}{${members.join(',')}}`],
  );
}

/** Fields of one line of the table share its text; they are shown together. */
function rows(fields: readonly Field[], words: (field: Field) => string[]): string {
  const groups = new Map<string, string[]>();
  for (const field of fields) {
    const key = words(field).map(cell).join(' | ');
    groups.set(key, [...(groups.get(key) ?? []), field.path.replace(/\.\*\*$/, '')]);
  }
  return [...groups]
    .map(
      ([key, paths]) =>
        `| ${byParent(paths)
          .map((path) => `\`${path}\``)
          .join(', ')} | ${key} |`,
    )
    .join('\n');
}

/** The text of docs/limits.md. */
export function limitsPage(): string {
  const refused = fields().filter(({ kind }) => kind === 'refused');
  const warned = fields().filter(({ kind }) => kind === 'warned');
  const noted = fields().filter(
    (field) => field.kind === 'implemented' && field.note !== undefined,
  );
  return (
    [
      INTRODUCTION,
      WHOLE,
      API,
      `## Refused\n\n| field | why | in local mode |\n|---|---|---|\n${rows(refused, (field) => (field.kind === 'refused' ? [field.reason, field.local ? 'served' : field.docker ? 'with `--beyond-fargate`' : 'refused'] : []))}`,
      `## Accepted with a warning\n\n| field | why |\n|---|---|\n${rows(warned, (field) => (field.kind === 'warned' ? [field.reason] : []))}`,
      `## Served with a difference\n\n| field | difference |\n|---|---|\n${rows(noted, (field) => (field.kind === 'implemented' ? [field.note ?? ''] : []))}`,
    ].join('\n\n') + '\n'
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(PAGE, limitsPage());
