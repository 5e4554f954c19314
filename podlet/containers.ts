// One unix socket per container: its supervisor's control connection, and one connection per session. Lines are bounded.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { FromSupervise, ToSupervise } from './messages.ts';
import { MAX_LINE_BYTES } from './messages.ts';
import type { Supervisors } from './ports.ts';

/** Sockets of containers that join the running task. */
const ADDED_SOCKETS = '/.droppod/e';

const NEWLINE = 10;
/** A first line names the connection: hello or stream. */
const MAX_FIRST_LINE_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 128;

type Take = (container: string, message: FromSupervise) => void;

export class ContainerSockets implements Supervisors {
  private readonly control = new Map<string, Socket>();
  private readonly streams = new Map<string, (socket: Socket, rest: Buffer) => void>();
  private readonly servers: Server[] = [];
  private take: Take = () => undefined;
  private gone: (container: string) => void = () => undefined;
  private early: [string, FromSupervise][] = [];
  private listening = false;
  private readonly admitted = new Set<string>();

  constructor(private readonly addedDirectory = ADDED_SOCKETS) {}

  /** Opens `<directory>/<container>/sock`. Apps may connect to their own socket, but not delete or replace it. */
  open(directory: string, container: string): void {
    mkdirSync(`${directory}/${container}`, { recursive: true });
    chmodSync(`${directory}/${container}`, 0o711);
    const path = `${directory}/${container}/sock`;
    rmSync(path, { force: true });
    const server = createServer({ allowHalfOpen: true }, (socket) => this.accept(container, socket));
    server.maxConnections = MAX_CONNECTIONS;
    server.listen(path, () => chmodSync(path, 0o777));
    this.servers.push(server);
  }

  /** Their sockets lie in `addedDirectory`, a volume that the podlet has from the beginning. */
  admit(container: string): void {
    if (this.admitted.has(container)) return;
    this.admitted.add(container);
    this.open(this.addedDirectory, container);
  }

  listen(take: Take, gone: (container: string) => void): void {
    this.take = take;
    this.gone = gone;
    this.listening = true;
    for (const [container, message] of this.early.splice(0)) take(container, message);
  }

  send(container: string, message: ToSupervise): void {
    this.control.get(container)?.write(`${JSON.stringify(message)}\n`);
  }

  /** `found` gets the connection that the supervisor opens for session `id`. */
  expectStream(id: string, found: (socket: Socket, rest: Buffer) => void): void {
    this.streams.set(id, found);
  }

  forgetStream(id: string): void {
    this.streams.delete(id);
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.control.values()) socket.destroy();
  }

  private accept(container: string, socket: Socket): void {
    let buffered: Buffer[] = [];
    let size = 0;
    let isControl = false;
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    const onData = (chunk: Buffer): void => {
      let rest = chunk;
      for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
        const message = parse(Buffer.concat([...buffered, rest.subarray(0, at)]));
        buffered = [];
        size = 0;
        rest = rest.subarray(at + 1);
        if (message?.type === 'stream' && !isControl) {
          socket.off('data', onData);
          return this.acceptStream(container, message.id, socket, rest);
        }
        if (message === undefined || !(isControl ||= this.acceptControl(container, message, socket))) return void socket.destroy();
        this.deliver(container, message);
      }
      size += rest.length;
      if (size > (isControl ? MAX_LINE_BYTES : MAX_FIRST_LINE_BYTES)) return void socket.destroy();
      if (rest.length > 0) buffered.push(rest);
    };
    socket.on('data', onData);
  }

  /** The first control connection counts until it ends: an app cannot take its supervisor's place. */
  private acceptControl(container: string, message: FromSupervise, socket: Socket): boolean {
    if (message.type !== 'hello' || this.control.has(container)) return false;
    this.control.set(container, socket);
    socket.on('close', () => {
      this.control.delete(container);
      this.gone(container);
    });
    return true;
  }

  private acceptStream(container: string, id: string, socket: Socket, rest: Buffer): void {
    const key = `${container}/${id}`;
    const found = this.streams.get(key);
    this.streams.delete(key);
    if (found === undefined) socket.destroy();
    else found(socket, rest);
  }

  private deliver(container: string, message: FromSupervise): void {
    if (this.listening) this.take(container, message);
    else this.early.push([container, message]);
  }
}

const isMessage = (value: unknown): value is FromSupervise => typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function parse(line: Buffer): FromSupervise | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isMessage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
