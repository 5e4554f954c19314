// Who owns a data directory, who may read it, and what a purge leaves.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDirectory, lockDirectory, purgeDirectory } from '../../local/data-directory.ts';
import { readInstallation } from '../../local/installation.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'droppod-data-'));
  directory = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const put = (name: string, text = ''): void => writeFileSync(join(directory, name), text);

describe('taking a directory', () => {
  it('makes it for its owner alone', () => {
    claimDirectory(directory);
    expect(mode(directory)).toBe('700');
  });

  it.each([0o755, 0o777, 0o750])('closes one that was there with mode %o', (open) => {
    mkdirSync(directory);
    chmodSync(directory, open);
    claimDirectory(directory);
    expect(mode(directory)).toBe('700');
  });

  it("takes one that has only what stays beside droppod's: the log of an engine that was started for it, a deployment's kubeconfig", () => {
    mkdirSync(directory);
    put('dockerd.log');
    mkdirSync(join(directory, 'aws'));
    mkdirSync(join(directory, 'localstack'));
    claimDirectory(directory);
    expect(purgeDirectory(directory)).toEqual(['aws', 'dockerd.log', 'localstack']);
  });

  it('leaves one with other files as it is, and says which', () => {
    mkdirSync(directory, { mode: 0o755 });
    for (const name of ['letters', 'photos', 'song', 'tax']) put(name);
    chmodSync(directory, 0o755);
    expect(() => claimDirectory(directory)).toThrow(
      `${directory} is not droppod's and not empty (letters, photos, song …): choose another directory with --data DIR`,
    );
    expect(mode(directory)).toBe('755');
  });

  it('refuses data without the keys that belong to them', () => {
    mkdirSync(directory);
    mkdirSync(join(directory, 'dynamodb'));
    put('log');
    expect(() => claimDirectory(directory)).toThrow(
      /installation\.json is missing, which holds the keys of the data beside it: restore it from a copy, or remove .* to start anew/,
    );
  });

  it('takes one in which a first start failed before it had keys', () => {
    mkdirSync(directory);
    put('log');
    mkdirSync(join(directory, 'lock'));
    expect(() => claimDirectory(directory)).not.toThrow();
  });

  it('refuses one that belongs to another user', () => {
    if (process.getuid?.() !== 0)
      return console.log('data directory: not root here, another owner was left out');
    mkdirSync(directory);
    chownSync(directory, 65534, 65534);
    expect(() => claimDirectory(directory)).toThrow(
      `${directory} belongs to user 65534, who could put other keys in it`,
    );
  });

  it('lets one process in at a time', async () => {
    claimDirectory(directory);
    const release = await lockDirectory(directory);
    expect(release).toBeTypeOf('function');
    expect(await lockDirectory(directory)).toBeUndefined();
    await release?.();
    const again = await lockDirectory(directory);
    expect(again).toBeTypeOf('function');
    await again?.();
  });
});

describe('purging a directory', () => {
  it('removes it where droppod made everything in it', () => {
    claimDirectory(directory);
    for (const name of [
      'installation.json',
      'kubeconfig',
      'env',
      'log',
      'steps.jsonl',
      'steps.jsonl.1',
      'dynamodb.writes',
      'versions',
    ])
      put(name);
    for (const name of ['dynamodb', 'engine', 'states', 'logs', 'lock'])
      mkdirSync(join(directory, name));
    expect(purgeDirectory(directory)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });

  it('leaves what it does not know, and what a link in it leads to', () => {
    claimDirectory(directory);
    const elsewhere = join(parent, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'kept'), '');
    put('installation.json');
    put('diary');
    symlinkSync(elsewhere, join(directory, 'logs'));
    expect(purgeDirectory(directory)).toEqual(['diary']);
    expect(readdirSync(elsewhere)).toEqual(['kept']);
  });
});

describe('installation.json', () => {
  it.each([
    [
      'half a file',
      '{"id": "a',
      /installation\.json cannot be read \(Unterminated string.*\): restore it from a copy/,
    ],
    ['an empty file', '', /installation\.json cannot be read \(/],
    [
      "another program's file",
      '{"name":"x"}',
      /installation\.json cannot be read \(members are missing\): .* or remove .* to start anew/,
    ],
  ])('that is %s is named in one line, with what to do', (_what, text, words) => {
    mkdirSync(directory);
    put('installation.json', text);
    let message = '';
    try {
      readInstallation(directory);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(words);
    expect(message).not.toContain('\n');
  });
});
