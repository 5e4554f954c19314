// The CAs that certificates of function URLs and of CloudFront's own names lead to.
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** Amazon Trust Services' roots, and the older one by which they are signed too. */
const SUBJECT = /^O=Amazon$|^CN=Starfield Services Root Certificate Authority - G2$/m;

let pem: string | undefined;

/** As PEM, from Node's own list. */
export const amazonRoots = (): string =>
  (pem ??= rootCertificates
    .filter((one) => SUBJECT.test(new X509Certificate(one).subject))
    .map((one) => `${one.trim()}\n`)
    .join(''));
