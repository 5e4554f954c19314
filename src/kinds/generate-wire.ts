// Field numbers of Kubernetes' protobuf encoding, from the generated.proto files of its Go modules. Runs at build time, where Go is
// available; the result goes to build/kinds/wire.json. Without it, protobuf bodies are refused.
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { own, setOwn } from '../own.ts';
import { ensureKinds } from './load.ts';

const MODULES = [
  'k8s.io/api@v0.35.4',
  'k8s.io/apiextensions-apiserver@v0.35.4',
  'k8s.io/apimachinery@v0.35.4',
  'k8s.io/kube-aggregator@v0.35.4',
  'k8s.io/metrics@v0.35.4',
];
const DOWNLOAD_MS = 60_000;

/** One field of a message: its JSON name (before Go's renamings), type and repetition. */
export interface WireField {
  name: string;
  /** A scalar of protobuf, or the full name of a message. */
  type: string;
  kind: 'one' | 'list' | 'map';
}

/** Full message name -> field number -> field. */
export type Wire = Record<string, Record<number, WireField>>;

const FIELD = /^\s*(?:(optional|repeated) )?(map<\s*string,\s*([.\w]+)\s*>|[.\w]+) (\w+) = (\d+)/;

function parseProto(text: string, wire: Wire): void {
  const pkg = /^package ([\w.]+);/m.exec(text)?.[1] ?? '';
  for (const [, name, body] of text.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const fields: Record<number, WireField> = {};
    for (const line of (body ?? '').split('\n')) {
      const [, label, type, mapped, field, number] = FIELD.exec(line) ?? [];
      if (type === undefined || field === undefined) continue;
      fields[Number(number)] = {
        name: field,
        type: qualified(mapped ?? type, pkg),
        kind: mapped !== undefined ? 'map' : label === 'repeated' ? 'list' : 'one',
      };
    }
    setOwn(wire, `${pkg}.${name ?? ''}`, fields);
  }
}

const SCALARS = new Set([
  'string',
  'bytes',
  'bool',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'double',
]);

function qualified(type: string, pkg: string): string {
  if (SCALARS.has(type)) return type;
  if (type.startsWith('.')) return type.slice(1);
  return type.includes('.') ? type : `${pkg}.${type}`;
}

function protoFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter(({ name }) => name === 'generated.proto')
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Name of a schema's message. */
export const messageName = (schema: string): string =>
  schema.replace(/^io\.k8s\./, 'k8s.io.').replaceAll('-', '_');

function reachable(wire: Wire, names: string[]): Wire {
  const found: Wire = {};
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const message = own(wire, name);
    if (message === undefined || own(found, name) !== undefined) continue;
    setOwn(found, name, message);
    names.push(...Object.values(message).map(({ type }) => type));
  }
  return found;
}

const here = dirname(fileURLToPath(import.meta.url));
const BUILD = join(here, '..', '..', 'build', 'kinds', 'wire.json');
const PLACES = [join(here, 'kinds', 'wire.json'), BUILD];

async function writeWire(): Promise<Wire> {
  // Not at the start of a function, which never generates them.
  const { execFile } = await import('node:child_process');
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', ...MODULES], {
    cwd: tmpdir(),
    timeout: DOWNLOAD_MS,
  });
  const directories = [...stdout.matchAll(/"Dir": "([^"]+)"/g)].map(
    ([, directory]) => directory ?? '',
  );
  const all: Wire = {};
  for (const file of directories.flatMap(protoFiles)) parseProto(readFileSync(file, 'utf8'), all);
  const wire = reachable(all, Object.values(ensureKinds().kinds).map(messageName));
  const draft = `${BUILD}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(wire));
  renameSync(draft, BUILD);
  return wire;
}

/** Regenerates the tables when the working tree's kinds have grown. Without them protobuf is refused, and JSON works. */
async function load(): Promise<Wire | undefined> {
  const place = PLACES.find((path) => existsSync(path));
  const found = place === undefined ? undefined : (JSON.parse(readFileSync(place, 'utf8')) as Wire);
  const messages = Object.values(ensureKinds().kinds).map(messageName);
  if (found !== undefined && messages.every((name) => own(found, name) !== undefined)) return found;
  // What cannot be generated is refused when a body needs it, and the refusal says so.
  return writeWire().catch(() => found);
}

let loading: Promise<Wire | undefined> | undefined;

/** The tables; generated once if the build has not. undefined: neither built nor available. */
export function ensureWire(): Promise<Wire | undefined> {
  loading ??= load();
  return loading;
}
