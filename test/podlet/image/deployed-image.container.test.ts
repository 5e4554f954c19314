// The deployed image: built without an engine, pushed as by a deployment, pulled by an engine, and run in a pod.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectImage, pullImage, removeImage } from '../../../local/docker/images.ts';
import { BUN, librariesOf } from '../../../podlet/image/base.ts';
import { hostArchitecture, type Architecture } from '../../../podlet/image/build.ts';
import { ARCHITECTURES, podletLayout } from '../../../podlet/image/build-layout.ts';
import {
  OCI_INDEX,
  OCI_MANIFEST,
  writeLayout,
  type Descriptor,
} from '../../../podlet/image/oci.ts';
import { systemClock } from '../../../src/system-clock.ts';
import { pushImage, type PushedImage } from '../../../src/images/push-image.ts';
import { registryProblem, startRegistry, type TestRegistry } from '../../e2e/registry.ts';
import { docker } from '../lab.ts';
import { TestPod } from '../pod.ts';
import { startOrder } from '../sync-server.ts';

/** Why the image cannot be built here; undefined: it can. Bun and the libraries are downloaded the first time. */
async function layoutProblem(): Promise<string | undefined> {
  return podletLayout(ARCHITECTURES).then(
    () => undefined,
    (error: Error) => {
      if (/could not (be )?fetch/.test(error.message)) return error.message;
      throw error;
    },
  );
}

const problem = registryProblem() ?? (await layoutProblem());
if (problem !== undefined)
  process.stderr.write(
    `test/podlet/image/deployed-image.container.test.ts is skipped: ${problem}\n`,
  );

interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}

class Layout {
  constructor(readonly directory: string) {}
  blob = (digest: string): Buffer =>
    readFileSync(join(this.directory, 'blobs', ...digest.split(':')));
  json = (digest: string): unknown => JSON.parse(this.blob(digest).toString());
  get index(): Descriptor {
    const { manifests } = JSON.parse(readFileSync(join(this.directory, 'index.json'), 'utf8')) as {
      manifests: Descriptor[];
    };
    return manifests[0]!;
  }
  get platforms(): Descriptor[] {
    return (this.json(this.index.digest) as { manifests: Descriptor[] }).manifests;
  }
  manifest = (digest: string): Manifest => this.json(digest) as Manifest;

  pushed(registry: string, repository: string): PushedImage {
    const content = ({ digest }: Descriptor) => ({
      digest,
      read: () => Promise.resolve(new Uint8Array(this.blob(digest))),
    });
    const blobs = this.platforms
      .map(({ digest }) => this.manifest(digest))
      .flatMap(({ layers, config }) => [...layers, config]);
    return {
      registry,
      repository,
      tag: 'latest',
      blobs: blobs.map(content),
      manifests: [...this.platforms, this.index].map((one) => ({
        ...content(one),
        mediaType: one.mediaType,
      })),
    };
  }
}

/** Files of an image, with its layers on top of each other. */
async function filesOf(layout: Layout, architecture: Architecture): Promise<Map<string, Buffer>> {
  const { digest } = layout.platforms.find((one) => one.platform?.architecture === architecture)!;
  const files = new Map<string, Buffer>();
  for (const layer of layout.manifest(digest).layers) {
    const unpack = extract();
    unpack.end(gunzipSync(layout.blob(layer.digest)));
    for await (const entry of unpack) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      if (entry.header.type === 'file') files.set(entry.header.name, Buffer.concat(chunks));
    }
  }
  return files;
}

/** e_machine of an ELF file. */
const machineOf = (file: Buffer): number => file.readUInt16LE(18);
const MACHINES = { amd64: 62, arm64: 183 };

describe.skipIf(problem !== undefined)('the deployed image', () => {
  let layout: Layout;
  beforeAll(async () => {
    layout = new Layout((await podletLayout(ARCHITECTURES)).directory);
  });

  it('is an index over both architectures, each with a configuration that starts supervise as the init', () => {
    expect(layout.index.mediaType).toBe(OCI_INDEX);
    expect(layout.platforms.map(({ platform, mediaType }) => [platform, mediaType])).toEqual(
      ARCHITECTURES.map((architecture) => [{ architecture, os: 'linux' }, OCI_MANIFEST]),
    );
    for (const { digest, platform } of layout.platforms) {
      const { config } = layout.manifest(digest);
      expect(layout.json(config.digest)).toMatchObject({
        ...platform,
        config: {
          Entrypoint: expect.arrayContaining(['/.droppod/bin/supervise', '--init']) as string[],
          Volumes: { '/.droppod/bin': {} },
        },
      });
    }
  });

  it.each(ARCHITECTURES)(
    '%s: every program and library is of this architecture, and every library that one needs is there',
    async (architecture) => {
      const files = await filesOf(layout, architecture);
      const binaries = [...files].filter(([, content]) =>
        content.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')),
      );
      expect(binaries.map(([name]) => name).sort()).toEqual(
        [
          '.droppod/bin/supervise',
          'podlet/bun',
          ...librariesOf(architecture).flatMap((source) => Object.keys(source.files)),
        ].sort(),
      );
      expect(binaries.filter(([, file]) => machineOf(file) !== MACHINES[architecture])).toEqual([]);
      const there = new Set([...files.keys()].map((name) => name.split('/').at(-1)));
      for (const [name, file] of binaries)
        expect([name, neededBy(file).filter((library) => !there.has(library))]).toEqual([name, []]);
    },
  );

  it('has the same digest however often it is made, whatever was kept from before', async () => {
    const other = mkdtempSync(join(tmpdir(), 'droppod-layout-'));
    try {
      const kept = join(layout.directory, '..', 'downloads');
      const again = await writeLayout(other, ['arm64', 'amd64'], { directory: kept });
      expect(again).toBe(layout.index.digest);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  describe('in a registry', () => {
    let registry: TestRegistry;
    let reference = '';
    beforeAll(async () => {
      registry = await startRegistry();
      const { username, password, host } = registry;
      const tools = {
        fetch,
        clock: systemClock,
        credential: { registry: host, username, password },
      };
      const digest = await pushImage(tools, layout.pushed(host, 'droppod/podlet'));
      reference = `${host}/droppod/podlet@${digest}`;
    });
    afterAll(async () => {
      await removeImage(docker, reference).catch(() => undefined);
      await registry.remove();
    });

    it('is found under its digest and its tag, byte for byte', async () => {
      for (const name of [layout.index.digest, 'latest']) {
        const answer = await registry.ask('GET', `droppod/podlet/manifests/${name}`, {
          accept: OCI_INDEX,
        });
        expect(Buffer.from(await answer.arrayBuffer())).toEqual(layout.blob(layout.index.digest));
      }
    });

    it("carries a pod: the engine takes its architecture's image, containers start from its volume, exits are reported", async () => {
      const { host: serverAddress, username, password } = registry;
      await pullImage(docker, reference, { serverAddress, username, password });
      expect((await inspectImage(docker, reference))?.Architecture ?? hostArchitecture()).toBe(
        hostArchitecture(),
      );
      const pod = await TestPod.open({ containers: ['a'], podlet: reference });
      try {
        await pod.server.until(({ sandboxReady }) => sandboxReady);
        pod.server.want(({ containers }) => {
          containers.a = { run: 1, start: startOrder(['sh', '-c', 'exit 7']) };
        });
        const report = await pod.server.until(
          ({ containers }) => containers.a?.run?.exitCode !== undefined,
        );
        expect(report.containers.a?.run?.exitCode).toBe(7);
      } finally {
        await pod.close();
      }
    });
  });

  const emulator = arm64Emulator();
  if (emulator === undefined)
    process.stderr.write('qemu-aarch64-static is not here: Bun for arm64 is not started\n');

  it.skipIf(emulator === undefined)('arm64: Bun starts on the libraries of the image', async () => {
    const root = mkdtempSync(join(tmpdir(), 'droppod-arm64-'));
    try {
      for (const [name, content] of await filesOf(layout, 'arm64')) {
        mkdirSync(join(root, name, '..'), { recursive: true });
        writeFileSync(join(root, name), content, { mode: 0o755 });
      }
      const said = execFileSync(
        emulator!,
        ['-L', root, join(root, 'podlet/bun'), '-p', 'process.arch + Bun.version'],
        { encoding: 'utf8' },
      );
      expect(said.trim()).toBe(`arm64${BUN.arm64.version}`);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

/** The DT_NEEDED names of a 64 bit little endian ELF file. */
function neededBy(file: Buffer): string[] {
  const at = (offset: number): number => Number(file.readBigUInt64LE(offset));
  const [table, count] = [at(32), file.readUInt16LE(56)];
  const segments = Array.from({ length: count }, (_, n) => table + n * 56).map((segment) => ({
    type: file.readUInt32LE(segment),
    offset: at(segment + 8),
    address: at(segment + 16),
    size: at(segment + 32),
  }));
  const dynamic = segments.find(({ type }) => type === 2);
  if (!dynamic) return [];
  const entries = Array.from({ length: dynamic.size / 16 }, (_, n) => dynamic.offset + n * 16).map(
    (entry) => ({ tag: at(entry), value: at(entry + 8) }),
  );
  const strings = entries.find(({ tag }) => tag === 5)?.value ?? 0;
  const load = segments.find(
    ({ type, address, size }) => type === 1 && strings >= address && strings < address + size,
  )!;
  const base = strings - load.address + load.offset;
  return entries
    .filter(({ tag }) => tag === 1)
    .map(({ value }) => file.toString('latin1', base + value, file.indexOf(0, base + value)));
}

/** QEMU for arm64, from Debian's package; undefined: not available. */
function arm64Emulator(): string | undefined {
  const has = (): string =>
    execFileSync('sh', ['-c', 'command -v qemu-aarch64-static || true'], { encoding: 'utf8' });
  if (has().trim() === '' && process.getuid?.() === 0)
    try {
      execFileSync('apt-get', ['install', '-y', '-qq', 'qemu-user-static'], {
        stdio: 'ignore',
        timeout: 240_000,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    } catch {
      return undefined;
    }
  return has().trim() || undefined;
}
