import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A certificate and its key as PEM texts. */
export interface TestCertificate {
  name: string
  cert: string
  key: string
}

const SHA256_WITH_ECDSA = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

/**
 * A certificate for `name` and 127.0.0.1, good from 2020 to 2049: signed by `issuer`, or by itself as an authority.
 * X.509 version 3 (RFC 5280) with a key on P-256.
 */
export function testCertificate(name: string, issuer?: TestCertificate): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const extensions = [
    extension([0x55, 0x1d, 0x13], sequence(...(issuer ? [] : [der(0x01, Buffer.of(0xff))]))),
    extension([0x55, 0x1d, 0x11], sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.of(127, 0, 0, 1)))),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.from([1, ...publicKey.export({ type: 'spki', format: 'der' }).subarray(-8)])),
    SHA256_WITH_ECDSA,
    commonName(issuer?.name ?? name),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('490101000000Z'))),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signer: KeyObject = issuer ? createPrivateKey(issuer.key) : privateKey
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign('sha256', body, signer)]))
  const lines =
    sequence(body, SHA256_WITH_ECDSA, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  const cert = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return { name, cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))))
}

function extension(id: number[], value: Buffer): Buffer {
  return sequence(objectId(...id), der(0x04, value))
}

function objectId(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

/** A value with its tag and length (ITU-T X.690). */
function der(tag: number, value: Buffer): Buffer {
  const size = value.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), value])
}
