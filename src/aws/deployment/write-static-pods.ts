// Runs while a deployment is bundled: `write-static-pods.ts DIRECTORY FILE`. It fails for a manifest whose pod could not run there.
import { writeFileSync } from 'node:fs';
import { manifestsIn } from '../../api/static-manifests.ts';
import type { Pod } from '../../kinds/pod.ts';
import { defaultPod } from '../../pod/admission/defaults.ts';
import { validatePod } from '../../pod/validation/validate-pod.ts';
import type { StaticPods } from '../../ports/static-pods.ts';
import { refusePod } from '../../refusals/refusals.ts';

const [directory = '', file = ''] = process.argv.slice(2);
const problems: string[] = [];

function check(manifest: Pod): void {
  const { name, namespace = 'default' } = manifest.metadata;
  const pod = defaultPod({ ...manifest, metadata: { ...manifest.metadata, namespace } });
  const found = validatePod(pod);
  for (const { field, message } of found.length > 0
    ? found
    : refusePod(pod, { mode: 'aws', beyondFargate: false }))
    problems.push(`static pod ${name}: ${field}: ${message}`);
}

const manifests = manifestsIn(directory, (line) => problems.push(line));
manifests.forEach(check);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else writeFileSync(file, JSON.stringify({ manifests } satisfies StaticPods));
