// The podlet image that a deployment copies to ECR, under build/. `npm run build [amd64|arm64 …]` builds it ahead of time, or else
// `cdk synth` does; both reuse an existing one.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OUTPUT } from './build.ts';
import type { Architecture } from './build.ts';
import { downloadsInto } from './download.ts';
import { writeLayout } from './oci.ts';

export const ARCHITECTURES = ['amd64', 'arm64'] as const;

/** The image's layout for these architectures. Throws if a part is unavailable: the image needs all of them. */
export async function podletLayout(
  architectures: readonly Architecture[],
): Promise<{ directory: string; digest: string }> {
  const directory = join(OUTPUT, `layout-${[...new Set(architectures)].sort().join('-')}`);
  try {
    return {
      directory,
      digest: await writeLayout(directory, architectures, downloadsInto(OUTPUT)),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the podlet image cannot be put together: ${why}`, { cause });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const named = ARCHITECTURES.filter((name) => process.argv.includes(name));
  const { directory, digest } = await podletLayout(named.length > 0 ? named : ARCHITECTURES);
  console.log(`${directory} ${digest}`);
}
