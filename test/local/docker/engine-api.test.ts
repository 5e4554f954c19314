// The HTTP client of the engine, against a small server on a unix socket.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createContainer,
  removeContainer,
  startContainer,
  stopContainer,
} from '../../../local/docker/containers.ts';
import { connectDocker, dockerSocketPath, type Docker } from '../../../local/docker/engine-api.ts';
import { eventTime } from '../../../local/docker/events.ts';
import { pullImage } from '../../../local/docker/images.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function dockerThat(listener: RequestListener): Promise<Docker> {
  const directory = await mkdtemp(join(tmpdir(), 'droppod-docker-'));
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(join(directory, 'sock'), resolve);
  });
  const docker = connectDocker(join(directory, 'sock'));
  closers.push(async () => {
    docker.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
    await rm(directory, { recursive: true });
  });
  return docker;
}

describe('connectDocker', () => {
  it('turns refusals into DockerError with status and message', async () => {
    const docker = await dockerThat((_request, response) =>
      response.writeHead(404).end('{"message":"No such image: nope:1"}'),
    );
    await expect(
      createContainer(docker, 'a', {
        Image: 'nope:1',
        Labels: {},
        HostConfig: { LogConfig: { Type: 'local', Config: {} } },
      }),
    ).rejects.toMatchObject({ name: 'DockerError', status: 404, message: 'No such image: nope:1' });
    await expect(stopContainer(docker, 'gone', 1)).resolves.toBeUndefined();
  });

  it('waits for a removal that another one is ahead of', async () => {
    const answers = [409, 409, 404];
    const docker = await dockerThat((_request, response) => {
      const status = answers.shift() ?? 500;
      response.writeHead(status).end('{"message":"removal of container a is already in progress"}');
    });
    await removeContainer(docker, 'a');
    expect(answers).toEqual([]);
  });

  it('takes 304 of a start as done, and sends the body as JSON', async () => {
    const seen: string[] = [];
    const docker = await dockerThat((request, response) => {
      seen.push(
        `${request.method ?? ''} ${request.url ?? ''} ${request.headers['content-length'] ?? ''}`,
      );
      response.writeHead(304).end();
    });
    await startContainer(docker, 'abc');
    expect(seen).toEqual(['POST /containers/abc/start 0']);
  });

  it('sends the credential of a pull as padded base64url and finds the error in the stream', async () => {
    let auth: string | undefined;
    const docker = await dockerThat((request, response) => {
      auth = String(request.headers['x-registry-auth']);
      response.writeHead(200).write('{"status":"Pulling"}\n');
      response.end('{"error":"manifest unknown"}\n');
    });
    await expect(
      pullImage(docker, 'r/x:1', { username: 'ü?>', password: 'p', serverAddress: 'r' }),
    ).rejects.toMatchObject({ message: 'manifest unknown' });
    expect(auth).toMatch(/^[A-Za-z0-9_-]+=*$/);
    expect((auth?.length ?? 0) % 4).toBe(0);
    expect(JSON.parse(Buffer.from(auth ?? '', 'base64url').toString())).toEqual({
      username: 'ü?>',
      password: 'p',
      serveraddress: 'r',
    });
  });

  it('says which socket nobody listens on', async () => {
    await expect(connectDocker('/no/such/docker.sock').call('GET', '/_ping')).rejects.toMatchObject(
      {
        name: 'DockerError',
        status: 0,
        message: expect.stringContaining('/no/such/docker.sock') as string,
      },
    );
  });
});

it.each([
  [undefined, '/var/run/docker.sock'],
  ['', '/var/run/docker.sock'],
  ['unix:///run/user/1/docker.sock', '/run/user/1/docker.sock'],
])('DOCKER_HOST %s means %s', (host, path) => expect(dockerSocketPath(host)).toBe(path));

it('refuses a DOCKER_HOST that is no unix socket', () =>
  expect(() => dockerSocketPath('tcp://1.2.3.4:2375')).toThrow('only unix://'));

it("writes an event's time with nanoseconds", () =>
  expect(eventTime('1767323045000000001')).toBe('2026-01-02T03:04:05.000000001Z'));
