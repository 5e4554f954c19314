// The state machine from the sources, as cdk/constructs/machine.ts deploys it: the same document, with the same kind of revision.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface MachineDocument {
  definition: string;
  revision: string;
}

/** The document and its revision; running executions keep their definition until sweep hands them over. */
export function machineOfSources(): MachineDocument {
  const document = JSON.stringify(
    parse(readFileSync(new URL('../../statemachines/pod.asl.yaml', import.meta.url), 'utf8')),
  );
  const revision = createHash('sha256').update(document).digest('hex').slice(0, 16);
  const definition = document
    .replaceAll('${Revision}', revision)
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
      name.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase(),
    );
  return { definition, revision };
}
