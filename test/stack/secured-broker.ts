import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from '../../infra/stack/part.js'
import { freePort } from '../../infra/stack/ports.js'
import type { StackPart } from '../../infra/stack/server.js'
import { customBroker } from './custom-broker.js'

/** A broker that is reached over TLS with a client's certificate and a password, and that lets only some users do things. */
export interface SecuredBroker {
  address: string
  /** PEM files. */
  ca: string
  cert: string
  key: string
  server: StackPart
}

export const USER = { username: 'tidemark', password: 'the-password' }
/** May log in, and nothing else. */
export const STRANGER = { username: 'stranger', password: 'another-password' }

export async function startSecuredBroker(folder: string): Promise<SecuredBroker> {
  const taken = new Set<number>()
  const ports = { port: await freePort(undefined, taken), innerPort: await freePort(undefined, taken) }
  const securePort = await freePort(undefined, taken)
  makeCertificates(folder)
  const server = customBroker({
    folder,
    port: ports.port,
    cluster: randomBytes(16).toString('base64url'),
    properties: properties({ folder, ...ports }, securePort),
    format: [USER, STRANGER].flatMap(({ username, password }) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${username},password=${password}]`,
      ]),
    ),
  })
  await server.start()
  const path = (name: string) => join(folder, name)
  const address = `127.0.0.1:${securePort}`
  return { address, ca: path('ca.pem'), cert: path('client.pem'), key: path('client.key'), server }
}

/** An authority, and a certificate of it for the server and for the client. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const fresh = ['-newkey', 'rsa:2048', '-nodes', '-days', '2']
  openssl('req', '-x509', ...fresh, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority')
  for (const name of ['server', 'client']) {
    openssl('req', ...fresh, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    writeFileSync(join(folder, 'names.txt'), 'subjectAltName=IP:127.0.0.1')
    const signed = ['-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
    openssl('x509', ...signed, '-extfile', 'names.txt', '-out', `${name}.pem`)
  }
  const pair = ['server.key', 'server.pem'].map((name) => readFileSync(join(folder, name), 'utf8'))
  writeFileSync(join(folder, 'server-pair.pem'), pair.join(''))
}

function properties({ folder, port, innerPort }: Place, securePort: number): string {
  const users = [USER, STRANGER].map(({ username, password }) => `user_${username}="${password}"`).join(' ')
  const listeners = `PLAINTEXT://127.0.0.1:${port},SECURE://127.0.0.1:${securePort}`
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${innerPort}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
listeners=${listeners},CONTROLLER://127.0.0.1:${innerPort}
advertised.listeners=${listeners}
log.dirs=${folder}/logs
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:${USER.username}
ssl.keystore.type=PEM
ssl.keystore.location=${folder}/server-pair.pem
ssl.truststore.type=PEM
ssl.truststore.location=${folder}/ca.pem
listener.name.secure.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${users};
listener.name.secure.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
`
}
