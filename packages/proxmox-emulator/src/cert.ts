import { createHash, X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

/** A self-signed certificate with its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 fingerprint as Proxmox shows it. */
  readonly fingerprint: string;
}

/**
 * Makes a self-signed certificate for the loopback names and one more host.
 * @returns PEM texts; the certificate can be given to clients as their CA
 */
export async function makeCertificate(host: string): Promise<Certificate> {
  const isAddress = /^[\d.]+$|:/.test(host);
  const extra = isAddress ? { type: 7 as const, ip: host } : { type: 2 as const, value: host };
  const pems = await generate([{ name: 'commonName', value: 'emulated-proxmox' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 30 * 24 * 3600 * 1000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
          extra,
        ],
      },
    ],
  });
  const der = new X509Certificate(pems.cert).raw;
  const digest = createHash('sha256').update(der).digest('hex').toUpperCase();
  return { cert: pems.cert, key: pems.private, fingerprint: digest.replace(/(..)(?!$)/g, '$1:') };
}

/** Whether a certificate is still valid tomorrow. */
export function isFresh(certificate: Certificate): boolean {
  return Date.parse(new X509Certificate(certificate.cert).validTo) > Date.now() + 24 * 3600 * 1000;
}
