import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate and who signed it, as paths of PEM files. */
export interface Certificate {
  ca: string
  cert: string
  key: string
}

/** Makes a certificate for a name, signed by an authority of its own, with openssl. */
export function makeCertificate(folder: string, name: string): Certificate {
  const file = (suffix: string) => join(folder, `${name}.${suffix}`)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const [ca, caKey, cert, key, request] = ['ca.pem', 'ca.key', 'pem', 'key', 'csr'].map(file)
  const making = ['req', '-newkey', 'rsa:2048', '-nodes']
  openssl(...making, '-x509', '-subj', `/CN=authority of ${name}`, '-keyout', caKey, '-out', ca)
  openssl(...making, '-subj', `/CN=${name}`, '-keyout', key, '-out', request)
  const extensions = file('ext')
  writeFileSync(extensions, `subjectAltName=DNS:${name}\nbasicConstraints=CA:FALSE\n`)
  const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', extensions]
  openssl('x509', '-req', '-in', request, ...signing, '-out', cert)
  return { ca, cert, key }
}
