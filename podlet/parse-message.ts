// Parses messages from a container's socket. The container's own processes may write there too, so everything is checked.
import { isMap } from '../src/own.ts';
import { present } from '../src/present.ts';
import { cutText, MAX_MESSAGE_BYTES } from '../src/protocol/cut-text.ts';
import type { Exited, FromSupervise, Owner } from './messages.ts';

/** The kernel's highest id is no user; its highest pid and the longest list of groups. */
const MAX_ID = 2 ** 32 - 2;
const MAX_PID = 2 ** 22;
const MAX_GROUPS = 65_536;
const MAX_RUN = 2 ** 31 - 1;
/** Ids of commands and sessions come from the podlet and the API. */
const MAX_NAME = 256;
/** supervise keeps 10 KiB of a command's output; base64. */
const MAX_OUTPUT = 64 * 1024;
/** supervise names five paths and counts the others. */
const MOST_PATHS = 16;
const MAX_PATH = 4096;
/** As many groups as a report has room for. */
const MOST_GROUPS = 4096;

type Fields = { [name: string]: unknown };

/** Parses one line; 'unknown': a kind that a newer supervise may send; undefined: not a message of supervise. */
export function parseMessage(line: string): FromSupervise | 'unknown' | undefined {
  const fields = toFields(line);
  if (fields === undefined) return undefined;
  switch (fields.type) {
    case 'hello':
      return hello(fields);
    case 'started':
      return started(fields);
    case 'exited': {
      const exit = exited(fields);
      return exit === undefined ? undefined : { type: 'exited', ...exit };
    }
    case 'done':
      return done(fields);
    case 'term':
      return isName(fields.signal) ? { type: 'term', signal: fields.signal } : undefined;
    case 'stream':
      return isName(fields.id) ? { type: 'stream', id: fields.id } : undefined;
    case 'pong':
      return { type: 'pong' };
    case 'leftover':
      return leftover(fields);
    default:
      return typeof fields.type === 'string' ? 'unknown' : undefined;
  }
}

function toFields(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isMap(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_NAME;
/** As supervise writes it, to the microsecond. */
const isTime = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));

function hello({ run, pid, startedAt, exit, term, user }: Fields): FromSupervise | undefined {
  if (!isCount(run, MAX_RUN) || !isCount(pid, MAX_PID)) return undefined;
  const last = isMap(exit) ? exited(exit) : undefined;
  return {
    type: 'hello',
    run,
    pid,
    ...present({
      startedAt: isTime(startedAt) ? startedAt : undefined,
      exit: last,
      term: isName(term) && term !== '' ? term : undefined,
    }),
    ...withUser(user),
  };
}

function started({ run, pid, at, user }: Fields): FromSupervise | undefined {
  if (!isCount(run, MAX_RUN) || !isCount(pid, MAX_PID) || !isTime(at)) return undefined;
  return { type: 'started', run, pid, at, ...withUser(user) };
}

function exited({
  run,
  code,
  oom,
  startError,
  message,
  startedAt,
  at,
}: Fields): Exited | undefined {
  if (!isCount(run, MAX_RUN) || !isCount(code, 255) || !isTime(at)) return undefined;
  return {
    run,
    code,
    at,
    oom: oom === true,
    ...present({
      startError:
        typeof startError === 'string' && startError !== ''
          ? cutText(startError, MAX_MESSAGE_BYTES)
          : undefined,
      message:
        typeof message === 'string' && message !== ''
          ? cutText(message, MAX_MESSAGE_BYTES)
          : undefined,
      startedAt: isTime(startedAt) ? startedAt : undefined,
    }),
  };
}

function done({ id, code, timedOut, output, error }: Fields): FromSupervise | undefined {
  if (!isName(id) || !isCount(code, 255)) return undefined;
  const text =
    typeof output === 'string' &&
    output.length <= MAX_OUTPUT &&
    /^[A-Za-z0-9+/]*={0,2}$/.test(output) &&
    output.length % 4 === 0
      ? output
      : '';
  return {
    type: 'done',
    id,
    code,
    timedOut: timedOut === true,
    output: text,
    ...present({
      error:
        typeof error === 'string' && error !== '' ? cutText(error, MAX_MESSAGE_BYTES) : undefined,
    }),
  };
}

function leftover({ run, paths, more }: Fields): FromSupervise | undefined {
  if (!isCount(run, MAX_RUN) || !Array.isArray(paths)) return undefined;
  const named = paths
    .slice(0, MOST_PATHS)
    .filter((path): path is string => typeof path === 'string')
    .map((path) => cutText(path, MAX_PATH));
  return {
    type: 'leftover',
    run,
    paths: named,
    more: isCount(more, Number.MAX_SAFE_INTEGER) ? more : 0,
  };
}

function withUser(user: unknown): { user?: Owner } {
  if (!isMap(user)) return {};
  const { uid, gid, groups } = user;
  if (!isCount(uid, MAX_ID) || !isCount(gid, MAX_ID)) return {};
  const ids: unknown[] = Array.isArray(groups) && groups.length <= MAX_GROUPS ? groups : [];
  return {
    user: { uid, gid, groups: ids.filter((group) => isCount(group, MAX_ID)).slice(0, MOST_GROUPS) },
  };
}
