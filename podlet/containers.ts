// One unix socket per container: its supervisor's control connection, and one connection per session. Lines are bounded.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { Connection, Listen } from './connection.ts';
import { LineBuffer } from './line-buffer.ts';
import type { FromSupervise, ToSupervise } from './messages.ts';
import { MAX_LINE_BYTES } from './messages.ts';
import { parseMessage } from './parse-message.ts';
import type { Supervisors } from './ports.ts';

/** Sockets of containers that join the running task. */
const ADDED_SOCKETS = '/.droppod/e';

/** The longest lines that supervise writes: an exit with its message, a user of many groups, a command's output. */
const MAX_SAID_BYTES = 1024 * 1024;
/** The first line identifies the connection: hello or stream. */
const MAX_FIRST_LINE_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 128;
/** Connections that have not identified themselves; the oldest is dropped for a new one. */
const MAX_UNNAMED = 16;

type Take = (container: string, message: FromSupervise) => void;

export class ContainerSockets implements Supervisors {
  private readonly control = new Map<string, Connection>();
  private readonly streams = new Map<string, (socket: Connection, rest: Buffer) => void>();
  private readonly servers: { close(): void }[] = [];
  private take: Take = () => undefined;
  private gone: (container: string) => void = () => undefined;
  /** Connections from before there is a listener: left unread, so that nothing they send is lost. */
  private early: (() => void)[] = [];
  private readonly unnamed = new Map<string, Set<Connection>>();
  private listening = false;
  private readonly admitted = new Set<string>();

  constructor(
    private readonly listenAt: Listen,
    private readonly addedDirectory = ADDED_SOCKETS,
  ) {}

  /** Opens `<directory>/<container>/sock`. Apps may connect to their own socket, but not delete or replace it. */
  open(directory: string, container: string): void {
    mkdirSync(`${directory}/${container}`, { recursive: true });
    chmodSync(`${directory}/${container}`, 0o711);
    const path = `${directory}/${container}/sock`;
    rmSync(path, { force: true });
    this.servers.push(
      this.listenAt(path, MAX_CONNECTIONS, (socket) => this.accept(container, socket)),
    );
    chmodSync(path, 0o777);
  }

  /** Their sockets are in `addedDirectory`, a volume that the podlet has had from the start. */
  admit(container: string): void {
    if (this.admitted.has(container)) return;
    this.admitted.add(container);
    this.open(this.addedDirectory, container);
  }

  listen(take: Take, gone: (container: string) => void): void {
    this.take = take;
    this.gone = gone;
    this.listening = true;
    for (const read of this.early.splice(0)) read();
  }

  /** Orders to a supervisor that does not read are not queued: it is disconnected, and its next hello repeats them. */
  send(container: string, message: ToSupervise): void {
    const socket = this.control.get(container);
    if (socket === undefined) return;
    if (socket.writableLength > MAX_LINE_BYTES) socket.destroy();
    else socket.write(`${JSON.stringify(message)}\n`);
  }

  /** `found` gets the connection that the supervisor opens for session `id`. */
  expectStream(id: string, found: (socket: Connection, rest: Buffer) => void): void {
    this.streams.set(id, found);
  }

  forgetStream(id: string): void {
    this.streams.delete(id);
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.control.values()) socket.destroy();
  }

  private accept(container: string, socket: Connection): void {
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    this.countUnnamed(container, socket);
    if (this.listening) this.read(container, socket);
    else this.early.push(() => this.read(container, socket));
  }

  private countUnnamed(container: string, socket: Connection): void {
    const unnamed = this.unnamed.get(container) ?? new Set();
    this.unnamed.set(container, unnamed.add(socket));
    socket.on('close', () => unnamed.delete(socket));
    const [oldest] = unnamed;
    if (unnamed.size > MAX_UNNAMED) oldest?.destroy();
  }

  private read(container: string, socket: Connection): void {
    const lines = new LineBuffer();
    let isControl = false;
    const onData = (chunk: Buffer): void => {
      lines.push(chunk);
      for (let line = lines.line(); line !== undefined; line = lines.line()) {
        const message = parseMessage(line);
        if (message === 'unknown' && isControl) continue;
        if (message === undefined || message === 'unknown') return void socket.destroy();
        if (message.type === 'stream' && !isControl) {
          socket.off('data', onData);
          this.unnamed.get(container)?.delete(socket);
          return this.acceptStream(container, message.id, socket, lines.rest());
        }
        if (!(isControl ||= this.acceptControl(container, message, socket)))
          return void socket.destroy();
        this.take(container, message);
        if (socket.destroyed) return;
      }
      if (lines.size > (isControl ? MAX_SAID_BYTES : MAX_FIRST_LINE_BYTES)) socket.destroy();
    };
    socket.on('data', onData);
  }

  /** The first control connection counts until it ends, so that an app cannot take its supervisor's place. */
  private acceptControl(container: string, message: FromSupervise, socket: Connection): boolean {
    if (message.type !== 'hello' || this.control.has(container)) return false;
    this.control.set(container, socket);
    this.unnamed.get(container)?.delete(socket);
    socket.on('close', () => {
      this.control.delete(container);
      this.gone(container);
    });
    return true;
  }

  private acceptStream(container: string, id: string, socket: Connection, rest: Buffer): void {
    const key = `${container}/${id}`;
    const found = this.streams.get(key);
    this.streams.delete(key);
    if (found === undefined) socket.destroy();
    else found(socket, rest);
  }
}
