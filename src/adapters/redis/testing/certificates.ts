/** A certificate authority of a test's own, and a server certificate from it for this machine's loopback names. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import forge from 'node-forge';

export interface Certificates {
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

type Extension = Record<string, unknown>;

/** Writes three PEM files. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const caKeys = forge.pki.rsa.generateKeyPair(2048);
  const caName = [{ name: 'commonName', value: 'perdure test CA' }];
  const ca = certificate(caKeys.publicKey, caName, caName, caKeys.privateKey, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const server = certificate(
    keys.publicKey,
    [{ name: 'commonName', value: 'localhost' }],
    caName,
    caKeys.privateKey,
    [
      { name: 'extKeyUsage', serverAuth: true },
      // Type 2 is a DNS name, 7 an address (RFC 5280, 4.2.1.6).
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  );
  const files = {
    caFile: path.join(directory, 'ca.pem'),
    certificateFile: path.join(directory, 'server.pem'),
    keyFile: path.join(directory, 'server.key'),
  };
  await writeFile(files.caFile, forge.pki.certificateToPem(ca));
  await writeFile(files.certificateFile, forge.pki.certificateToPem(server));
  await writeFile(files.keyFile, forge.pki.privateKeyToPem(keys.privateKey));
  return files;
}

function certificate(
  publicKey: forge.pki.rsa.PublicKey,
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
  issuerKey: forge.pki.rsa.PrivateKey,
  extensions: Extension[],
): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = publicKey;
  // Begun by 01: one that is negative, or begins with more zeros than it must, is refused as badly encoded.
  made.serialNumber = `01${randomBytes(8).toString('hex')}`;
  const day = 24 * 3_600_000;
  made.validity.notBefore = new Date(Date.now() - day);
  made.validity.notAfter = new Date(Date.now() + 30 * day);
  made.setSubject(subject);
  made.setIssuer(issuer);
  made.setExtensions(extensions);
  made.sign(issuerKey, forge.md.sha256.create());
  return made;
}
