// Connections of a container's socket to another process, which reads when it likes: flow control, ends.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Connection } from '../../podlet/connection.ts';
import { listen } from './listen.ts';

const MIB = 1024 * 1024;

let directory: string;
let server: { close(): void } | undefined;
let peer: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-connection-'));
});
afterEach(() => {
  peer?.kill('SIGKILL');
  server?.close();
  rmSync(directory, { recursive: true });
});

/** A connection whose other end is a process that runs `script` with the connection as `socket`. */
async function connectionTo(script: string): Promise<Connection> {
  const path = join(directory, 'sock');
  const accepted = new Promise<Connection>((resolve) => {
    server = listen(path, 4, resolve);
  });
  const code = `const socket = require('node:net').connect(${JSON.stringify(path)}); socket.on('error', () => {}); ${script}`;
  peer = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const connection = await accepted;
  connection.on('error', () => undefined);
  return connection;
}

const said = async (): Promise<string> => {
  let text = '';
  for await (const chunk of peer?.stdout ?? []) text += String(chunk);
  return text;
};

/** Stops this process: the other reads on. */
const standStill = (ms: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it('says that it drained also where what was written last went out at once', async () => {
  const connection = await connectionTo("socket.on('data', () => {});");
  for (let round = 0; round < 5; round += 1) {
    const drained = new Promise<void>((resolve) => connection.once('drain', () => resolve()));
    while (connection.write(Buffer.alloc(64 * 1024)));
    standStill(100);
    connection.write(Buffer.alloc(10));
    await drained;
    expect(connection.writableLength).toBe(0);
  }
});

it('gives the other side everything in order, and then its end', async () => {
  const connection = await connectionTo(`
    const hash = require('node:crypto').createHash('sha256');
    socket.on('data', (chunk) => { hash.update(chunk); socket.pause(); setTimeout(() => socket.resume(), 1); });
    socket.on('end', () => console.log(hash.digest('hex')));
  `);
  const hash = createHash('sha256');
  for (let count = 0; count < 200; count += 1) {
    const bytes = Buffer.alloc(1 + ((count * 7919) % 65_536), count);
    hash.update(bytes);
    if (!connection.write(bytes) && count % 3 === 0)
      await new Promise<void>((resolve) => connection.once('drain', () => resolve()));
  }
  connection.end();
  expect(await said()).toBe(`${hash.digest('hex')}\n`);
});

it('that is paused reads no more than the kernel holds, and everything once it goes on', async () => {
  const connection = await connectionTo(`
    const bytes = Buffer.alloc(${8 * MIB}, 'x');
    socket.end(bytes);
  `);
  let [got, most] = [0, 0];
  const ended = new Promise<void>((resolve) => connection.on('end', () => resolve()));
  connection.on('data', (chunk) => {
    got += chunk.length;
    connection.pause();
    const before = got;
    setTimeout(() => {
      most = Math.max(most, got - before);
      connection.resume();
    }, 5);
  });
  await ended;
  expect(got).toBe(8 * MIB);
  expect(most).toBe(0);
});

it('whose other side is killed closes, whatever was still to be sent', async () => {
  const connection = await connectionTo('socket.pause(); setInterval(() => {}, 1000);');
  const closed = new Promise<void>((resolve) => connection.on('close', () => resolve()));
  connection.on('data', () => undefined);
  connection.on('end', () => connection.end());
  while (connection.write(Buffer.alloc(64 * 1024)));
  peer?.kill('SIGKILL');
  await closed;
  expect(connection.destroyed).toBe(true);
});
