import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openPostgres } from './postgres.js'

/** A message of the server: its type, and what it says after its length (PostgreSQL documentation, chapter 54.7). */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}

const AUTHENTICATED = message('R', Buffer.alloc(4))
const READY = message('Z', Buffer.from('I'))
const GONE = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'))

test('a server that goes away in the very moment at which it lets somebody in is unavailable, and ends no process', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, GONE])))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const db = openPostgres(`postgres://someone@127.0.0.1:${port}/catalog`)
  await expect(sql`SELECT 1`.execute(db)).rejects.toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE' })
  await db.destroy()
  server.close()
})
