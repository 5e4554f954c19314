// `busybox:latest` where no registry can be reached: made from the host's static busybox, with a link for every applet.
// Tests and the CLI's examples use it; where a registry is reachable, the real image is pulled.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { DockerError, type Docker } from './engine-api.ts';
import { importImage, inspectImage, pullImage } from './images.ts';

const IMAGE = { repository: 'busybox', tag: 'latest' };
const NAME = `${IMAGE.repository}:${IMAGE.tag}`;

/** Makes sure that the engine has `busybox:latest` and reports where it came from; throws without a registry or a busybox. */
export async function ensureBusyboxImage(
  docker: Docker,
  binary = '/bin/busybox',
): Promise<'present' | 'pulled' | 'built'> {
  if (await inspectImage(docker, NAME)) return 'present';
  try {
    await pullImage(docker, NAME);
    return 'pulled';
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    const tar = await busyboxTar(binary).catch((cause: unknown) => {
      throw new Error(
        `${NAME} cannot be pulled (${error.message}) and ${binary} cannot be used: install the package busybox-static`,
        { cause },
      );
    });
    await importImage(docker, IMAGE, tar, [
      'CMD ["sh"]',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
    return 'built';
  }
}

async function busyboxTar(binary: string): Promise<Buffer> {
  const { stdout } = await promisify(execFile)(binary, ['--list']);
  const applets = stdout.split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
  const tar = pack();
  for (const name of ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp', 'usr', 'var'])
    tar.entry({ name, type: 'directory', mode: name === 'tmp' ? 0o1777 : 0o755 });
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, await readFile(binary));
  for (const applet of applets)
    tar.entry({ name: `bin/${applet}`, type: 'link', linkname: 'bin/busybox', mode: 0o755 });
  tar.entry(
    { name: 'etc/passwd', mode: 0o644 },
    'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
  );
  tar.entry(
    { name: 'etc/group', mode: 0o644 },
    'root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\n',
  );
  tar.finalize();
  return buffer(tar);
}
