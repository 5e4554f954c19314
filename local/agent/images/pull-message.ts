// Messages of failed pulls: translates the engine's into containerd's, which Kubernetes shows.
import { fullName, type ImageName } from './image-name.ts';

/** The kubelet's form for several failures at once. */
export const aggregate = (texts: ReadonlySet<string>): string =>
  texts.size > 1 ? `[${[...texts].join(', ')}]` : ([...texts][0] ?? '');

/** The engine's message in containerd's words, which Kubernetes passes on. */
export function runtimeText(name: ImageName, text: string): string {
  const full = fullName(name);
  const resolve = `failed to pull and unpack image "${full}": failed to resolve reference "${full}"`;
  const manifest = `${isLoopback(name.registry) ? 'http' : 'https'}://${name.registry === 'docker.io' ? 'registry-1.docker.io' : name.registry}/v2/${name.repository}/manifests/${name.digest ?? name.tag ?? 'latest'}`;
  const denied = 'pull access denied, repository does not exist or may require authorization';
  if (/manifest unknown|not found|no such image|manifest for .* not found/i.test(text))
    return `rpc error: code = NotFound desc = ${resolve}: ${full}: not found`;
  if (/no basic auth credentials/i.test(text))
    return `rpc error: code = Unknown desc = ${resolve}: ${denied}: authorization failed: no basic auth credentials`;
  if (/pull access denied|requested access to the resource is denied/i.test(text))
    return `rpc error: code = Unknown desc = ${resolve}: ${denied}: server message: insufficient_scope: authorization failed`;
  if (/^unauthorized: /i.test(text))
    return `rpc error: code = Unknown desc = ${resolve}: unexpected status from HEAD request to ${manifest}: 401 Unauthorized`;
  const dial = /dial tcp.*$/i.exec(text)?.[0];
  return `rpc error: code = Unknown desc = ${resolve}: ${dial === undefined ? text : `failed to do request: Head "${manifest}": ${dial}`}`;
}

/** Runtimes use plain HTTP for registries on their own machine. */
const isLoopback = (registry: string): boolean =>
  /^(localhost|127(?:\.\d+){3}|\[::1\])(:\d+)?$/.test(registry);
