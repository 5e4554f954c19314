// String formats that schemas may ask for (kube-openapi's strfmt as apiextensions uses it); others are ignored with a warning.
import { isIpV6, labelProblems, subdomainProblems } from '../validation/names.ts';

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const V4 = /^(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?$/;
const GO_DURATION = /^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const SCALA_DURATION =
  /^\d+ *(nanoseconds?|nanos?|ns|microseconds?|micros?|us|µs|milliseconds?|millis?|ms|seconds?|s|minutes?|m|hours?|h|days?|d|weeks?|w)$/;
const HOSTNAME_LABEL = /^[a-z0-9\u00a1-\uffff]([a-z0-9\u00a1-\uffff-]*[a-z0-9\u00a1-\uffff])?$/i;

const version = (digit: string) => (text: string) =>
  UUID.test(text) && text.replaceAll('-', '')[12] === digit;

function isDate(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return year !== '' && date.toISOString().startsWith(`${year}-${month}-${day}`);
}

function isDateTime(text: string): boolean {
  const [, date = ''] = DATE_TIME.exec(text) ?? [];
  return date !== '' && isDate(date) && !Number.isNaN(Date.parse(text.replace(' ', 'T')));
}

function isCidr(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  if (more.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  return V4.test(address) ? Number(length) <= 32 : isIpV6(address) && Number(length) <= 128;
}

/** Go's net/url.ParseRequestURI: an absolute URI or an absolute path. */
const isUri = (text: string): boolean =>
  !/[\s\u0000-\u001f\u007f]/.test(text) &&
  (text.startsWith('/') || /^[a-z][a-z0-9+.-]*:./i.test(text));

const isEmail = (text: string): boolean => /^[^\s@<>()[\],;:\\"]+@[^\s@<>()[\],;:\\"]+$/.test(text);

const isHostname = (text: string): boolean =>
  text.length <= 255 &&
  text
    .replace(/\.$/, '')
    .split('.')
    .every((label) => label.length <= 63 && HOSTNAME_LABEL.test(label));

function isIsbn(text: string, lengths: number[]): boolean {
  const digits = text.replaceAll(/[\s-]/g, '').toUpperCase();
  if (!lengths.includes(digits.length)) return false;
  if (digits.length === 10)
    return (
      /^\d{9}[\dX]$/.test(digits) &&
      [...digits].reduce(
        (sum, digit, at) => sum + (10 - at) * (digit === 'X' ? 10 : Number(digit)),
        0,
      ) %
        11 ===
        0
    );
  return (
    /^\d{13}$/.test(digits) &&
    [...digits].reduce((sum, digit, at) => sum + (at % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 ===
      0
  );
}

const CARD =
  /^(4\d{12}(\d{3})?|5[1-5]\d{14}|6(011|5\d\d)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|(2131|1800|35\d{3})\d{11})$/;

function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  if (!CARD.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, sign, at) => {
    const digit = Number(sign) * (at % 2 === 1 ? 2 : 1);
    return total + (digit > 9 ? digit - 9 : digit);
  }, 0);
  return sum % 10 === 0;
}

const FORMATS = new Map<string, (text: string) => boolean>([
  ['bsonobjectid', (text) => /^[0-9a-f]{24}$/i.test(text)],
  ['uri', isUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text) => V4.test(text)],
  ['ipv6', isIpV6],
  ['cidr', isCidr],
  [
    'mac',
    (text) =>
      /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$/i.test(
        text,
      ),
  ],
  ['uuid', (text) => UUID.test(text)],
  ['uuid3', version('3')],
  ['uuid4', version('4')],
  ['uuid5', version('5')],
  ['isbn', (text) => isIsbn(text, [10, 13])],
  ['isbn10', (text) => isIsbn(text, [10])],
  ['isbn13', (text) => isIsbn(text, [13])],
  ['creditcard', isCard],
  ['ssn', (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['hexcolor', (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text)],
  ['rgbcolor', (text) => /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.test(text)],
  ['byte', (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)],
  ['password', () => true],
  ['date', isDate],
  ['duration', (text) => GO_DURATION.test(text) || SCALA_DURATION.test(text)],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => labelProblems(text).length === 0],
  ['k8slongname', (text) => subdomainProblems(text).length === 0],
]);

const find = (format: string) => FORMATS.get(format.replaceAll('-', ''));

/** Whether strings are checked against the format. */
export const isKnownFormat = (format: string): boolean => find(format) !== undefined;

/** Whether the text has the format; true for a format that is not checked. */
export const hasFormat = (format: string, text: string): boolean => find(format)?.(text) ?? true;
