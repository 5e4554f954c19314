// Rules of `windowsOptions`: credential specs, user names, and host process containers, which must be all or none.
import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import { invalidEach, invalidValue } from '../../validation/field-errors.ts';
import { subdomainProblems } from '../../validation/names.ts';
import { contextsOf, textOf, type Members } from './members.ts';

const MAX_SPEC_BYTES = 65536;
const MAX_DOMAIN = 256;
const MAX_USER = 104;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS =
  /^(?=.{1,255}$)[0-9A-Za-z](?:[-0-9A-Za-z]{0,61}[0-9A-Za-z])?(?:\.[0-9A-Za-z](?:[-0-9A-Za-z]{0,61}[0-9A-Za-z])?)*\.?$/;
const USER_CHARACTERS = /["/\\:;|=,+*?<>@[\]]/;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Problems of the options of one security context. */
export function validateWindowsOptions(options: unknown, field: string): FieldError[] {
  if (!isMap(options)) return [];
  const own = `${field}.windowsOptions`;
  return [
    ...specNameProblems(options, `${own}.gmsaCredentialSpecName`),
    ...specProblems(options, `${own}.gmsaCredentialSpec`),
    ...(options['runAsUserName'] === undefined
      ? []
      : invalidEach(
          `${own}.runAsUserName`,
          textOf(options, 'runAsUserName'),
          userNameProblems(textOf(options, 'runAsUserName')),
        )),
  ];
}

function specNameProblems(options: Members, field: string): FieldError[] {
  if (options['gmsaCredentialSpecName'] === undefined) return [];
  const name = textOf(options, 'gmsaCredentialSpecName');
  return invalidEach(field, name, subdomainProblems(name));
}

function specProblems(options: Members, field: string): FieldError[] {
  if (options['gmsaCredentialSpec'] === undefined) return [];
  const spec = textOf(options, 'gmsaCredentialSpec');
  if (spec === '') return [invalidValue(field, '', 'gmsaCredentialSpec cannot be an empty string')];
  return Buffer.byteLength(spec) > MAX_SPEC_BYTES
    ? [invalidValue(field, spec, 'gmsaCredentialSpec size must be under 64 KiB')]
    : [];
}

function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (CONTROL.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const [user = '', domain] = parts.reverse();
  return [...(domain === undefined ? [] : domainProblems(domain)), ...userProblems(user)];
}

const domainProblems = (domain: string): string[] => [
  ...(domain.length >= MAX_DOMAIN
    ? ["runAsUserName's Domain length must be under 256 characters"]
    : []),
  ...(NETBIOS.test(domain) || DNS.test(domain)
    ? []
    : ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]),
];

function userProblems(user: string): string[] {
  if (user === '') return ["runAsUserName's User cannot be empty"];
  const problems: string[] = [];
  if (user.length > MAX_USER)
    problems.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user))
    problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (USER_CHARACTERS.test(user))
    problems.push(
      `runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`,
    );
  return problems;
}

const hostProcessOf = (context: unknown): boolean | undefined => {
  const options = isMap(context) ? context['windowsOptions'] : undefined;
  const value = isMap(options) ? options['hostProcess'] : undefined;
  return typeof value === 'boolean' ? value : undefined;
};

/** Problems of host process containers: like the pod where both say it, all of them, and on the host's network. */
export function validateHostProcess(spec: PodSpec): FieldError[] {
  const ofPod = hostProcessOf(spec.securityContext);
  const all = contextsOf(spec).map(([field, context]) => ({ field, own: hostProcessOf(context) }));
  const errors = all.flatMap(({ field, own }) =>
    own !== undefined && ofPod !== undefined && own !== ofPod
      ? [
          invalidValue(
            `${field}.windowsOptions.hostProcess`,
            own,
            `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
          ),
        ]
      : [],
  );
  const count = all.filter(({ own }) => own ?? ofPod ?? false).length;
  if (count === 0) return errors;
  if (count < all.length)
    errors.push(
      invalidValue(
        'spec',
        '',
        'If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ),
    );
  if (!spec.hostNetwork)
    errors.push(
      invalidValue(
        'spec.hostNetwork',
        false,
        'hostNetwork must be true if pod contains any hostProcess containers',
      ),
    );
  return errors;
}
