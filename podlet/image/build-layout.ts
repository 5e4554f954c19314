// The podlet image that a deployment copies to ECR, under build/. `npm run build [amd64|arm64 …]` builds it ahead of time, or else
// `cdk synth` does; both reuse an existing one.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Architecture } from './build.ts';
import { writeLayout } from './oci.ts';

const OUTPUT = fileURLToPath(new URL('../../build/podlet', import.meta.url));

export const ARCHITECTURES = ['amd64', 'arm64'] as const;

/** The image's layout for these architectures. Throws if a part is unavailable: the image needs all of them. */
export async function podletLayout(
  architectures: readonly Architecture[],
): Promise<{ directory: string; digest: string }> {
  const directory = join(OUTPUT, `layout-${[...new Set(architectures)].sort().join('-')}`);
  const downloads = {
    directory: join(OUTPUT, 'downloads'),
    mirror: process.env['DROPPOD_DEBIAN_MIRROR'],
  };
  try {
    return { directory, digest: await writeLayout(directory, architectures, downloads) };
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
