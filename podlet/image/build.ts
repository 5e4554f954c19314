// Builds the content of the podlet's image in build/podlet: supervise by Go, the agent bundled into one file.
// `node --import tsx podlet/image/build.ts [amd64|arm64 …]` builds ahead of time; image.ts calls the same functions.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

export type Architecture = 'amd64' | 'arm64';

const run = promisify(execFile);
const PODLET = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(PODLET);
/** Where everything that is built or downloaded for the image is kept. */
export const OUTPUT = join(ROOT, 'build', 'podlet');
const GO_PLACES = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'];

/** This machine's architecture, as Go and the engine call it. */
export const hostArchitecture = (): Architecture => (process.arch === 'arm64' ? 'arm64' : 'amd64');

/** Hash of everything that goes into the image, computed from sources only: fast enough for every start. */
export async function podletHash(architecture: Architecture): Promise<string> {
  const hash = createHash('sha256').update(architecture);
  const files = [
    ...(await sources(PODLET)),
    // What the podlet may import of src (test/house.test.ts).
    ...(await sources(join(ROOT, 'src/protocol'))),
    ...['own.ts', 'present.ts', 'system-clock.ts'].map((name) => join(ROOT, 'src', name)),
    join(ROOT, 'node_modules/ws/package.json'),
  ];
  for (const file of files.sort()) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

async function sources(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|go|mod|s)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** supervise for an architecture; rebuilt only when its source is newer. Returns its path. */
export async function buildSupervise(architecture: Architecture): Promise<string> {
  const source = join(PODLET, 'supervise');
  const hash = createHash('sha256');
  for (const file of (await sources(source)).sort()) hash.update(await readFile(file)).update('\0');
  const output = join(OUTPUT, `supervise-${architecture}-${hash.digest('hex').slice(0, 12)}`);
  if (await exists(output)) return output;
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOOS: 'linux',
    GOARCH: architecture,
    GOFLAGS: '-buildvcs=false',
  };
  await intoPlace(output, async (temporary) => {
    await run(await findGo(), ['build', '-trimpath', '-ldflags', '-s -w', '-o', temporary, '.'], {
      cwd: source,
      env,
    });
  });
  return output;
}

/** This machine's Go, installed by apt if there is none. */
export async function findGo(): Promise<string> {
  for (const go of GO_PLACES) {
    // A Go that does not run does not count.
    if (
      await run(go, ['version']).then(
        () => true,
        () => false,
      )
    )
      return go;
  }
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'golang-go']).catch(
    (cause: unknown) => {
      throw new Error(
        'Go is needed to build podlet/supervise: install it (apt: golang-go), then run this again',
        { cause },
      );
    },
  );
  return 'go';
}

/** Bundles the agent into one CommonJS file; returns its text. */
export async function bundleAgent(): Promise<Buffer> {
  const { build } = await import('esbuild');
  const bundled = await build({
    entryPoints: [join(PODLET, 'main.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    // What Bun's parser takes, all of it.
    target: 'esnext',
    format: 'cjs',
    write: false,
    // ws does without its optional packages.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    logLevel: 'error',
    // Dynamic imports become requires: the ES module loader is needed by no other code here.
    supported: { 'dynamic-import': false },
  });
  const [file] = bundled.outputFiles;
  if (file === undefined) throw new Error('esbuild gave no bundle');
  return Buffer.from(file.contents);
}

/** Concurrent builders must not see half a file. */
async function intoPlace(
  output: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(OUTPUT, { recursive: true });
  const temporary = `${output}.${process.pid}`;
  await make(temporary);
  await rename(temporary, output);
}

// Rebuilt if it cannot be accessed.
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const wanted = process.argv
    .slice(2)
    .filter((name): name is Architecture => name === 'amd64' || name === 'arm64');
  for (const architecture of wanted.length > 0 ? wanted : [hostArchitecture()])
    console.log(await buildSupervise(architecture));
}
