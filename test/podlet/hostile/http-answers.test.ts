// Responses that Go's client reads in its own way, each with a kubelet's verdict (measured with Go 1.26's net/http).
import { describe, expect, it } from 'vitest';
import { httpHook, httpProbe } from '../../../podlet/probes/http-get.ts';
import type { HttpGet } from '../../../src/protocol/messages.ts';
import { answering, HOST } from './raw-server.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const TWO = 'Content-Length: 2\r\n\r\nok';
const get = (port: number, more: Partial<HttpGet> = {}): HttpGet => ({
  port,
  path: '/',
  scheme: 'HTTP',
  headers: [],
  ...more,
});

/** `success`, `warning`, `failure: text` or `error: text` of one attempt. */
async function verdict(bytes: string): Promise<string> {
  const port = await answering(bytes);
  const attempt = await httpProbe(get(port), HOST, 5_000);
  if ('error' in attempt) return `error: ${attempt.error}`;
  if (!attempt.success)
    return `failure: ${attempt.text.replace(`Get "http://${HOST}:${port}/": `, '').replace('net/http: HTTP/1.x transport connection broken: ', '')}`;
  return attempt.warning === undefined ? 'success' : 'warning';
}

const SUCCESSES: [string, string][] = [
  ['LF ends the lines', 'HTTP/1.1 200 OK\n\nok'],
  ['lines end with LF and with CR LF', 'HTTP/1.1 200 OK\nX: y\r\nContent-Length: 2\n\nok'],
  ['there is no reason', `HTTP/1.1 200\r\n${TWO}`],
  ['there is no length', `${OK}\r\nok`],
  [
    'the server would keep the connection',
    `${OK}Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok garbage`,
  ],
  ['the body is said to be compressed', `${OK}Content-Encoding: gzip\r\n${TWO}`],
  ['100 Continue comes first', `HTTP/1.1 100 Continue\r\n\r\n${OK}${TWO}`],
  ['there is no content', 'HTTP/1.1 204 No Content\r\n\r\n'],
  [
    'it is led on to a page of the same host',
    'HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n',
  ],
  ['the length comes twice', `${OK}Content-Length: 2\r\n${TWO}`],
  [
    'a length stands beside chunks',
    `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  ],
  ['a blank stands before a colon', `${OK}X-A : b\r\n${TWO}`],
  ['headers are folded', `${OK}X-A: b\r\n c\r\n\td\r\n${TWO}`],
  ['the length is folded', `${OK}Content-Length:\r\n 2\r\n\r\nok`],
  ['a header is longer than Node takes', `${OK}X-A: ${'a'.repeat(100_000)}\r\n${TWO}`],
  ['there are thousands of headers', `${OK}${'X-A: b\r\n'.repeat(5_000)}${TWO}`],
  ['bytes follow the body', `${OK}Content-Length: 2\r\nConnection: close\r\n\r\nok garbage`],
  ['bytes follow an empty body', `${OK}Content-Length: 0\r\n\r\ngarbage`],
  ['bytes follow a status without a body', 'HTTP/1.1 204 No Content\r\n\r\ngarbage'],
  [
    'informational answers come first',
    `${'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'.repeat(50)}${OK}${TWO}`,
  ],
  [
    'chunks have extensions, blanks and a trailer',
    `${OK}Transfer-Encoding: CHUNKED\r\n\r\n2;a=b\r\nok\r\n1 \r\n!\r\n0\r\nX: y\r\n\r\n`,
  ],
  ['the body ends with the connection', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nok'],
  ['a value is no ASCII', `${OK}X: \xe9\r\n${TWO}`],
  ['the version is another', `HTTP/2.0   200 OK\r\n${TWO}`],
  [
    'the body is longer than anybody reads',
    `${OK}Content-Length: 100000\r\n\r\n${'a'.repeat(20_000)}`,
  ],
  [
    'a redirect of the same host breaks off',
    'HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 200\r\n\r\nhi',
  ],
];

const WARNINGS: [string, string][] = [
  ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
  ['a redirect without a place', 'HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhi'],
  [
    'a redirect to another host',
    'HTTP/1.1 302 Found\r\nLocation: http://other.invalid/\r\nContent-Length: 2\r\n\r\nhi',
  ],
];

const FAILURES: [string, string][] = [
  ['malformed HTTP response "hello"', 'hello'],
  ['malformed HTTP response "HTTP/1.1"', 'HTTP/1.1\r\n\r\n'],
  ['malformed HTTP status code "2000"', `HTTP/1.1 2000 OK\r\n${TWO}`],
  ['malformed HTTP version "http/1.1"', `http/1.1 200 OK\r\n${TWO}`],
  ['malformed MIME header line: "X@A: a"', `${OK}X@A: a\r\n${TWO}`],
  ['malformed MIME header line: ": x"', `${OK}: x\r\n${TWO}`],
  ['malformed MIME header initial line: " X: b"', `${OK} X: b\r\n${TWO}`],
  ['malformed MIME header: missing colon: "nonsense"', `${OK}nonsense\r\n${TWO}`],
  [
    'http: message cannot contain multiple Content-Length headers; got ["2" "3"]',
    `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`,
  ],
  ['bad Content-Length "2, 2"', `${OK}Content-Length: 2, 2\r\n\r\nok`],
  [
    'bad Content-Length "99999999999999999999"',
    `${OK}Content-Length: 99999999999999999999\r\n\r\nok`,
  ],
  ['invalid empty Content-Length ""', `${OK}Content-Length:\r\n\r\nok`],
  ['unsupported transfer encoding: "gzip"', `${OK}Transfer-Encoding: gzip\r\n\r\nok`],
  [
    'too many transfer encodings: ["chunked" "chunked"]',
    `${OK}${'Transfer-Encoding: chunked\r\n'.repeat(2)}\r\n0\r\n\r\n`,
  ],
  ['unexpected EOF', `${OK}X: y`],
  ['HTTP probe failed with statuscode: 101', 'HTTP/1.1 101 Switching\r\n\r\n'],
  ['HTTP probe failed with statuscode: 500', 'HTTP/1.1 500 Oops\n\nx'],
];

const ERRORS: [string, string][] = [
  ['unexpected EOF', `${OK}Content-Length: 20\r\n\r\nok`],
  ['unexpected EOF', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`],
  ['invalid byte in chunk length', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n`],
  ['chunked line ends with bare LF', `${OK}Transfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n`],
  ['malformed chunked encoding', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n`],
  [
    'http chunk length too large',
    `${OK}Transfer-Encoding: chunked\r\n\r\n00000000000000002\r\nok\r\n`,
  ],
  [
    'chunked encoding contains too much non-data',
    `${OK}Transfer-Encoding: chunked\r\n\r\n${`1;${'a'.repeat(40)}\r\na\r\n`.repeat(2_000)}`,
  ],
  [
    'http: suspiciously long trailer after chunked body',
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'y'.repeat(9_000)}\r\n\r\n`,
  ],
];

describe('an HTTP probe', () => {
  it.each(SUCCESSES)('J1: succeeds where %s', async (_what, bytes) =>
    expect(await verdict(bytes)).toBe('success'),
  );
  it.each(WARNINGS)('J1: succeeds with a warning for %s', async (_what, bytes) =>
    expect(await verdict(bytes)).toBe('warning'),
  );
  it.each(FAILURES)('J1: fails with %s', async (text, bytes) =>
    expect(await verdict(bytes)).toBe(`failure: ${text}`),
  );
  it.each(ERRORS)('J1: counts nothing where the body breaks: %s', async (text, bytes) =>
    expect(await verdict(bytes)).toBe(`error: ${text}`),
  );
});

describe('an HTTP hook', () => {
  it.each([...SUCCESSES, ...WARNINGS])('K1: is content where %s', async (_what, bytes) =>
    expect(await httpHook(get(await answering(bytes)), HOST)).toEqual({}),
  );
  it.each(ERRORS)('K1: is content with an answer whose body breaks: %s', async (_text, bytes) =>
    expect(await httpHook(get(await answering(bytes)), HOST)).toEqual({}),
  );
  it.each(FAILURES.filter(([text]) => !text.startsWith('HTTP probe')))(
    'K1: fails with %s',
    async (text, bytes) => {
      const port = await answering(bytes);
      expect(await httpHook(get(port), HOST)).toEqual({
        error: `Get "http://${HOST}:${port}/": net/http: HTTP/1.x transport connection broken: ${text}`,
      });
    },
  );
});
