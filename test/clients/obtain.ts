// Obtains clients by their usual package managers, under build/clients. What is unavailable is undefined, with a printed reason.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findGo } from '../../podlet/image/build.ts';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url));
const BUILD = fileURLToPath(new URL('../../build/clients', import.meta.url));
const PATIENCE = { timeout: 900_000, maxBuffer: 1 << 26 };

/** Path of the Python in a virtual environment with these PyPI packages. */
export async function python(client: string, packages: string[]): Promise<string | undefined> {
  const place = await keep(client, packages.join(' '), async (directory) => {
    await run('python3', ['-m', 'venv', directory], PATIENCE);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await run(join(directory, 'bin/python'), pip, PATIENCE);
  });
  return place === undefined ? undefined : join(place, 'bin/python');
}

/** Path of the program that Go builds from test/clients/CLIENT, whose go.mod pins the modules. */
export async function goProgram(client: string): Promise<string | undefined> {
  const source = join(HERE, client);
  const files = readdirSync(source).sort();
  const text = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\0');
  const place = await keep(client, text, async (directory) => {
    const go = await findGo();
    await run(go, ['build', '-o', directory, '.'], { ...PATIENCE, cwd: source });
  });
  return place === undefined ? undefined : join(place, readdirSync(place)[0] ?? '');
}

/** Path of the folder node_modules with these packages of npm. */
export async function nodeModules(client: string, packages: string[]): Promise<string | undefined> {
  const place = await keep(`${client}-npm`, packages.join(' '), async (directory) => {
    const npm = ['install', '--no-fund', '--no-audit', '--silent', '--prefix', directory];
    await run('npm', [...npm, ...packages], PATIENCE);
  });
  return place === undefined ? undefined : join(place, 'node_modules');
}

/** The folder that `make` filled, once per content; undefined if it failed. */
export async function keep(
  client: string,
  content: string,
  make: (directory: string) => Promise<void>,
): Promise<string | undefined> {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const place = join(BUILD, `${client}-${hash}`);
  const made = `${place}.made`;
  if (existsSync(made)) return place;
  // Leftovers of an earlier attempt are removed; a virtual environment cannot be moved into place.
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  try {
    await make(place);
  } catch (error) {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
    const why = stderr.trim().split('\n').at(-1) || message;
    process.stderr.write(`${client} cannot be had here, its tests are left out: ${why}\n`);
    return undefined;
  }
  mkdirSync(`${made}.${process.pid}`);
  renameSync(`${made}.${process.pid}`, made);
  return place;
}
