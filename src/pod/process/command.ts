// What a container runs: command and args over the image's ENTRYPOINT and CMD (as the CRI runtimes do), and its whole environment.
import type { Container, EphemeralContainer } from '../../kinds/pod.ts';
import { expand, processRoom } from './expansion.ts';

type Definition = Container | EphemeralContainer;

/** containerd's default PATH; without one no program is found by a name without a slash. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** argv; empty where neither the pod nor the image names a command. */
export function containerCommand(
  container: Definition,
  image: { entrypoint: readonly string[]; cmd: readonly string[] },
  env: ReadonlyMap<string, string>,
): string[] {
  const room = processRoom();
  const expanded = (words: readonly string[]): string[] =>
    words.map((word) => expand(word, (name) => env.get(name), room));
  const command = container.command ?? [];
  const args = container.args ?? [];
  // A command replaces the image's ENTRYPOINT and CMD; args alone keep the ENTRYPOINT.
  if (command.length > 0) return [...expanded(command), ...expanded(args)];
  return args.length > 0
    ? [...image.entrypoint, ...expanded(args)]
    : [...image.entrypoint, ...image.cmd];
}

/** The process' environment: defaults, host name, the image's ENV, the pod's variables; later ones win. */
export function processEnvironment(
  container: Definition,
  hostname: string,
  imageEnv: readonly string[],
  env: ReadonlyMap<string, string>,
): [string, string][] {
  const all = new Map<string, string>([['PATH', DEFAULT_PATH]]);
  if (container.tty === true) all.set('TERM', 'xterm');
  all.set('HOSTNAME', hostname);
  for (const entry of imageEnv) {
    const split = entry.indexOf('=');
    if (split > 0) all.set(entry.slice(0, split), entry.slice(split + 1));
  }
  for (const [name, value] of env) all.set(name, value);
  return [...all];
}
