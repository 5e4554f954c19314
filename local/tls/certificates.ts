// The local installation's own CA and the API server's certificate, made once and kept in the data directory.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3600 * 1000;

export interface Certificates {
  /** PEM. */
  ca: string;
  caKey: string;
  certificate: string;
  key: string;
  /** Names and addresses that the certificate is valid for. */
  names: string[];
}

function pem(type: string, bytes: ArrayBuffer): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`;
}

async function keyPair(): Promise<{ keys: webcrypto.CryptoKeyPair; pem: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  return {
    keys,
    pem: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  };
}

/** A new CA and a server certificate signed by it for `names` (DNS names and IP addresses), valid for ten years. */
export async function makeCertificates(names: string[], now: Date): Promise<Certificates> {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const validity = {
    notBefore: new Date(now.getTime() - DAY),
    notAfter: new Date(now.getTime() + 3650 * DAY),
  };
  const ca = await keyPair();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=droppod local CA',
    keys: ca.keys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(ca.keys.publicKey),
    ],
  });
  const server = await keyPair();
  const leaf = await x509.X509CertificateGenerator.create({
    subject: 'CN=droppod',
    issuer: authority.subject,
    publicKey: server.keys.publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({
          type: /^[0-9.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
          value,
        })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  return {
    ca: `${authority.toString('pem')}\n`,
    caKey: ca.pem,
    certificate: `${leaf.toString('pem')}\n`,
    key: server.pem,
    names,
  };
}
