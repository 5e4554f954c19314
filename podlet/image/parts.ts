// The parts of the image that are not droppod's own, as files of the image: Bun and the libraries that it needs.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileOfNpmPackage, filesOfDebianPackage } from './archive.ts';
import type { TreeFile } from './archive.ts';
import { BUN, librariesOf } from './base.ts';
import type { Architecture } from './build.ts';
import { downloadBun, downloadLibrary, lastLine } from './download.ts';
import type { Downloads } from './download.ts';
import { AGENT, agentFile, bunFile } from './tree.ts';

const run = promisify(execFile);

/** Bun's own build for this architecture. */
export async function bun(downloads: Downloads, architecture: Architecture): Promise<TreeFile> {
  const source = BUN[architecture];
  const content = await fileOfNpmPackage(await downloadBun(downloads, source), 'bin/bun');
  if (content === undefined) throw new Error(`${source.package} has no bin/bun`);
  return bunFile(content);
}

/** The libraries from Debian, the same on every machine, in order of their paths. */
export async function debianLibraries(
  downloads: Downloads,
  architecture: Architecture,
): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  for (const source of librariesOf(architecture)) {
    const deb = await downloadLibrary(downloads, source);
    const contents = await filesOfDebianPackage(deb, Object.values(source.files));
    for (const [name, from] of Object.entries(source.files)) {
      const content = contents.get(from);
      if (content) files.push({ name, mode: 0o755, content });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The agent with its bytecode beside it, 10 ms less of each start. `program` is Bun, in a directory of its own; where it cannot run,
 * e.g. for another architecture, `log` says so and it is the agent alone.
 */
export async function compiledAgent(
  agent: Buffer,
  program: string,
  log: (text: string) => void,
): Promise<TreeFile[]> {
  const [directory, name] = [dirname(program), basename(AGENT)];
  // Nothing of the user's may decide what the agent becomes: Bun reads settings where it runs and variables.
  const quiet = { cwd: directory, env: { HOME: directory } };
  try {
    await run(program, ['--revision'], quiet);
  } catch (error) {
    log(`the podlet's agent is not compiled ahead, Bun does not run here: ${lastLine(error)}`);
    return [agentFile(agent)];
  }
  await writeFile(join(directory, name), agent);
  const output = join(directory, 'compiled');
  const options = ['--bytecode', '--target=bun', '--format=cjs', `--outdir=${output}`];
  await run(program, ['build', ...options, join(directory, name)], quiet);
  return [
    { name: AGENT, mode: 0o644, content: await readFile(join(output, name)) },
    { name: `${AGENT}.jsc`, mode: 0o644, content: await readFile(join(output, `${name}.jsc`)) },
  ];
}

/** This machine's libraries for `program`, or Debian's where it has none that fit, e.g. another C library or architecture. */
export async function localLibraries(
  downloads: Downloads,
  architecture: Architecture,
  program: string,
): Promise<TreeFile[]> {
  // ldd fails where the program could not start.
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }));
  const paths = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
  if (paths.length === 0) return debianLibraries(downloads, architecture);
  return Promise.all(
    paths.map(async (path) => ({
      name: path.slice(1),
      mode: 0o755,
      content: await readFile(path),
    })),
  );
}
