// Images for the registry tests: built by the engine from a few Dockerfile lines, pushed with the password, removed from the engine.
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Docker } from '../../local/docker/engine-api.ts';
import { removeImage } from '../../local/docker/images.ts';
import type { TestRegistry } from './registry.ts';

export interface TestImages {
  /** Builds `FROM busybox` plus these lines, pushes it as `repository:tag`, returns name and digest. The engine keeps it with `keep`. */
  push(
    name: string,
    lines: string[],
    options?: { keep?: boolean },
  ): Promise<{ name: string; digest: string }>;
  /** Removes a name from the engine. */
  forget(name: string): Promise<void>;
  /** Removes everything that was pushed from the engine. */
  removeAll(): Promise<void>;
}

/** The images of one test file. */
export function testImages(docker: Docker, { host, username, password }: TestRegistry): TestImages {
  const auth = Buffer.from(JSON.stringify({ username, password, serveraddress: host }))
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  const forget = (name: string): Promise<void> => removeImage(docker, name);
  return {
    forget,
    push: async (path, lines, { keep = false } = {}) => {
      const name = `${host}/${path}`;
      check(
        await docker.call('POST', '/build', {
          query: { t: name, forcerm: '1', labels: '{"droppod-test":"images"}' },
          tar: await dockerfile(lines),
        }),
      );
      const [repository, tag = 'latest'] = [
        name.slice(0, name.lastIndexOf(':')),
        name.slice(name.lastIndexOf(':') + 1),
      ];
      const said = check(
        await docker.call('POST', `/images/${repository}/push`, {
          query: { tag },
          headers: { 'x-registry-auth': auth },
        }),
      );
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1];
      if (digest === undefined) throw new Error(`push of ${name} named no digest: ${said}`);
      if (!keep) await forget(name);
      return { name, digest };
    },
    removeAll: async () => {
      // Pods have pulled more names than were pushed: indexes, digests.
      const all = JSON.parse(await docker.call('GET', '/images/json')) as {
        RepoTags: string[] | null;
        RepoDigests: string[] | null;
      }[];
      const pulled = all
        .flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])])
        .filter((name) => name.startsWith(`${host}/`));
      for (const name of pulled) await forget(name).catch(() => undefined);
      await docker.call('POST', '/images/prune', {
        query: { filters: '{"dangling":["true"],"label":["droppod-test=images"]}' },
      });
    },
  };
}

async function dockerfile(lines: string[]): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, ['FROM busybox:latest', ...lines, ''].join('\n'));
  tar.finalize();
  return buffer(tar);
}

/** A failure of build or push is a line of a 200 response. */
function check(answer: string): string {
  const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(answer)?.[1];
  if (error !== undefined) throw new Error(error);
  return answer;
}
