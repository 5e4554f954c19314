// The stack as the tests synthesize it: a small image layout replaces the real one, which needs Node and Debian's libraries.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DroppodStack, type DroppodProps } from '../../cdk/stack.ts';
import { App, type AppProps } from 'aws-cdk-lib';

/** An OCI layout of one index over these architectures, with a shared layer and one per architecture. */
export function smallLayout(architectures: readonly string[] = ['amd64']): string {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-layout-'));
  const folder = join(directory, 'blobs', 'sha256');
  mkdirSync(folder, { recursive: true });
  const keep = (mediaType: string, content: string): object => {
    const hash = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(folder, hash), content);
    return { mediaType, digest: `sha256:${hash}`, size: content.length };
  };
  const oci = (kind: string): string => `application/vnd.oci.image.${kind}+json`;
  const manifests = architectures.map((architecture) =>
    keep(
      oci('manifest.v1'),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: oci('manifest.v1'),
        config: keep(oci('config.v1'), JSON.stringify({ architecture, os: 'linux' })),
        layers: [keep('layer', 'shared'), keep('layer', architecture)],
      }),
    ),
  );
  const index = { schemaVersion: 2, mediaType: oci('index.v1'), manifests };
  const top = keep(oci('index.v1'), JSON.stringify(index));
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [top] }),
  );
  return directory;
}

/** droppod's stack with the defaults of a deployment. */
export const testStack = (app: AppProps = {}, props: Partial<DroppodProps> = {}): DroppodStack =>
  new DroppodStack(new App(app), 'Droppod', {
    podlet: { layout: smallLayout() },
    architectures: ['amd64'],
    capacity: 'on-demand',
    ...props,
  });
