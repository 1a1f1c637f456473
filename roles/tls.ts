import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'

/** What an HTTPS server is given. */
export interface Certificates {
  cert: Buffer
  key: Buffer
  /** Authority that must have signed the clients' certificates; left out where they show none. */
  ca?: Buffer
}

/** The certificates of the HTTP server as their files hold them now; undefined without TLS. @throws TM_CONFIG */
export function readCertificates({ tls_cert, tls_key, tls_client_ca }: Config['http']): Certificates | undefined {
  if (tls_cert === '') return undefined
  const certificates = {
    cert: readPem('tls_cert', tls_cert),
    key: readPem('tls_key', tls_key),
    ...(tls_client_ca !== '' && { ca: readPem('tls_client_ca', tls_client_ca) }),
  }
  try {
    createSecureContext(certificates)
    // An authority's file that holds none would be taken for an empty list, and every client refused.
    if (certificates.ca) new X509Certificate(certificates.ca)
  } catch (cause) {
    const files = [tls_cert, tls_key, tls_client_ca].filter((path) => path !== '').join(', ')
    const reason = `${files} cannot be used together: ${(cause as Error).message}`
    throw configError('tls_cert', reason, 'name the PEM files of one certificate and of its own private key', cause)
  }
  return certificates
}

/** True if both hold the same bytes. */
export function areSame(a: Certificates, b: Certificates): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.ca?.equals(b.ca ?? Buffer.alloc(0)) ?? true)
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw configError(name, (cause as Error).message, 'name a PEM file that this process may read', cause)
  }
}

function configError(name: string, reason: string, fix: string, cause: unknown): TidemarkError {
  return new TidemarkError('TM_CONFIG', { key: `http.${name}`, reason, fix }, cause)
}
