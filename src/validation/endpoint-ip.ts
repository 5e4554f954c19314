// Addresses that may stand for an endpoint: those that mean one machine to all who read them.
import type { FieldError } from '../errors.ts';
import { invalidValue } from './field-errors.ts';
import { canonicalIp, isIpV6 } from './names.ts';

const REFUSED: [RegExp, string][] = [
  [/^(127\.|::1$|::ffff:7f)/, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [
    /^(169\.254\.|fe[89ab][0-9a-f]:|::ffff:a9fe:)/,
    'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ],
  [
    /^(224\.0\.0\.|ff02:)/,
    'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  ],
];

/** Problems of a well-formed address as the address of an endpoint. */
export function validateEndpointIp(field: string, address: string): FieldError[] {
  const plain = isIpV6(address)
    ? new URL(`http://[${address}]/`).hostname.slice(1, -1)
    : (canonicalIp(address) ?? address);
  if (plain === '0.0.0.0' || plain === '::')
    return [invalidValue(field, address, `may not be unspecified (${address})`)];
  return REFUSED.filter(([range]) => range.test(plain)).map(([, detail]) =>
    invalidValue(field, address, detail),
  );
}
