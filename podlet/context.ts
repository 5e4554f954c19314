// `npm run build`: the podlet image as a build context for a deployment, the same tree that local mode imports.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostArchitecture } from './build.ts';
import { PODLET_CHANGES, podletTar } from './image.ts';

const CONTEXT = fileURLToPath(new URL('../build/podlet/context', import.meta.url));

await mkdir(CONTEXT, { recursive: true });
await writeFile(join(CONTEXT, 'rootfs.tar'), await podletTar(hostArchitecture()));
await writeFile(
  join(CONTEXT, 'Dockerfile'),
  ['FROM scratch', 'ADD rootfs.tar /', ...PODLET_CHANGES, ''].join('\n'),
);
console.log(CONTEXT);
