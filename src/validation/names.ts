// The forms of names, keys and addresses (apimachinery `util/validation`): each answers the messages of what is wrong.

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const SEARCH_LABEL = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SEARCH = `_?${SEARCH_LABEL}(\\._?${SEARCH_LABEL})*`;

const COMPILED = new Map(
  [LABEL, SUBDOMAIN, LABEL_1035, QUALIFIED, SEARCH].map((pattern) => [
    pattern,
    new RegExp(`^(?:${pattern})$`),
  ]),
);
const matches = (pattern: string, value: string): boolean =>
  COMPILED.get(pattern)?.test(value) === true;
const bytes = (value: string): number => Buffer.byteLength(value);

function formMessage(text: string, pattern: string, ...examples: string[]): string {
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

const LABEL_TEXT = formMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  'my-name',
  '123-abc',
);
const SUBDOMAIN_TEXT = formMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  'example.com',
);
const QUALIFIED_TEXT = formMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED,
  'MyName',
  'my.name',
  '123-abc',
);

/** DNS label of RFC 1123, at most 63 characters. */
export function labelProblems(value: string): string[] {
  const problems = bytes(value) > 63 ? ['must be no more than 63 characters'] : [];
  if (!matches(LABEL, value))
    problems.push(matches(SUBDOMAIN, value) ? 'must not contain dots' : LABEL_TEXT);
  return problems;
}

/** DNS subdomain of RFC 1123, at most 253 characters. */
export function subdomainProblems(value: string): string[] {
  const problems = bytes(value) > 253 ? ['must be no more than 253 characters'] : [];
  if (!matches(SUBDOMAIN, value)) problems.push(SUBDOMAIN_TEXT);
  return problems;
}

/** DNS label of RFC 1035: begins with a letter (Services). */
export function label1035Problems(value: string): string[] {
  const problems = bytes(value) > 63 ? ['must be no more than 63 characters'] : [];
  if (!matches(LABEL_1035, value)) {
    problems.push(
      formMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        LABEL_1035,
        'my-name',
        'abc-123',
      ),
    );
  }
  return problems;
}

/** A name that only has to fit into a URL path (RBAC objects). */
export function pathSegmentProblems(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%']
    .filter((sign) => value.includes(sign))
    .map((sign) => `may not contain '${sign}'`);
}

/** DNS search path: a subdomain that may have underscores; one trailing dot is cut, `.` alone is fine. */
export function searchPathProblems(value: string): string[] {
  const name = value.length > 1 && value.endsWith('.') ? value.slice(0, -1) : value;
  if (name === '.') return [];
  const problems = bytes(name) > 253 ? ['must be no more than 253 characters'] : [];
  if (!matches(SEARCH, name)) {
    problems.push(
      formMessage(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        SEARCH,
        'example.com',
      ),
    );
  }
  return problems;
}

/** Label key, condition type, scheduling gate …: a name with an optional DNS prefix. */
export function qualifiedNameProblems(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${QUALIFIED_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const [first = '', second] = parts;
  const name = second ?? first;
  if (second !== undefined) {
    problems.push(
      ...(first === '' ? ['must be non-empty'] : subdomainProblems(first)).map(
        (text) => `prefix part ${text}`,
      ),
    );
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (bytes(name) > 63) problems.push('name part must be no more than 63 bytes');
  if (!matches(QUALIFIED, name)) problems.push(`name part ${QUALIFIED_TEXT}`);
  return problems;
}

/** Label value: empty, or at most 63 bytes of the qualified form. */
export function labelValueProblems(value: string): string[] {
  const problems = bytes(value) > 63 ? ['must be no more than 63 bytes'] : [];
  if (value !== '' && !matches(QUALIFIED, value)) {
    problems.push(
      formMessage(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        `(${QUALIFIED})?`,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return problems;
}

/** Name of a container port (IANA service name). */
export function portNameProblems(value: string): string[] {
  const problems: string[] = [];
  if (bytes(value) > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-'))
    problems.push('must not begin or end with a hyphen');
  return problems;
}

/** Name of an environment variable, in the relaxed form of 1.34. */
export const envNameProblems = (value: string): string[] =>
  /^[ -<>-~]+$/.test(value)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ];

/** Key of a ConfigMap or Secret. */
export function configKeyProblems(value: string): string[] {
  const problems = bytes(value) > 253 ? ['must be no more than 253 characters'] : [];
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    problems.push(
      formMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  if (value === '.') problems.push("must not be '.'");
  else if (value === '..') problems.push("must not be '..'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** Name of an HTTP header of a probe. */
export const headerNameProblems = (value: string): string[] =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? []
    : [
        formMessage(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ];

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Whether Go's lenient parser takes it: leading zeros in IPv4 are still read. */
export function isIp(value: string): boolean {
  const v4 = V4.exec(value);
  if (v4) return v4.slice(1).every((part) => Number(part) <= 255);
  return isIpV6(value);
}

/** Whether it is an IPv6 address (no zone). */
export function isIpV6(value: string): boolean {
  if (!value.includes(':') || /[^0-9a-fA-F:.]/.test(value)) return false;
  try {
    return new URL(`http://[${value}]/`).hostname.length > 2;
  } catch {
    return false;
  }
}

/** IP address, with the message of 1.35. */
export const ipProblems = (value: string): string[] =>
  isIp(value) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

/** The canonical form where an IPv4 address has leading zeros; undefined: it is canonical. */
export function canonicalIp(value: string): string | undefined {
  const v4 = V4.exec(value);
  const canonical = v4 ? v4.slice(1).map(Number).join('.') : value;
  return canonical === value ? undefined : canonical;
}

/** A path below a volume: relative and without `..`. */
export function relativePathProblems(value: string): string[] {
  const problems = value.startsWith('/') ? ['must be a relative path'] : [];
  if (value.split('/').includes('..')) problems.push("must not contain '..'");
  return problems;
}

const CIDR = /^(.+)\/(\d{1,3})$/;

/** A range of addresses: an address and the bits that count. */
export const cidrProblems = (range: string): string[] => {
  const [, address = '', bits = ''] = CIDR.exec(range) ?? [];
  const valid =
    ipProblems(address).length === 0 && Number(bits) <= (address.includes(':') ? 128 : 32);
  return valid ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
};
