import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { scratchFolder } from '../../test/contract/scratch-folder.js'
import { connectionOf } from './connection.js'

const kafka = (settings: Record<string, unknown>) => {
  const overrides = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`kafka.${name}`, value]))
  return loadConfig({ env: {}, overrides }).kafka
}

test('without tls and sasl a connection is plain', async () => {
  expect(await connectionOf(kafka({ brokers: ['a:9092', 'b:9092'] }))).toEqual({
    brokers: ['a:9092', 'b:9092'],
    clientId: 'tidemark',
    ssl: undefined,
    sasl: undefined,
  })
})

test('certificates are read from their files, and left to the system where none is named', async () => {
  const folder = await scratchFolder()
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, 'the authority')
  const { ssl } = await connectionOf(kafka({ tls: true, ca }))
  expect(ssl).toEqual({ ca: 'the authority', cert: undefined, key: undefined })
  await rm(folder, { recursive: true })
  await expect(connectionOf(kafka({ tls: true, ca }))).rejects.toMatchObject({
    code: 'TM_CONFIG',
    details: { key: 'kafka.ca' },
  })
})

test('a login has its mechanism, user and password', async () => {
  const { sasl } = await connectionOf(kafka({ sasl: 'scram-sha-512', username: 'u', password: 'p' }))
  expect(sasl).toEqual({ mechanism: 'scram-sha-512', username: 'u', password: 'p' })
})

test.each([
  [{ sasl: 'plain' }, 'kafka.username'],
  [{ tls: true, cert: 'client.pem' }, 'kafka.key'],
  [{ tls: true, key: 'client.key' }, 'kafka.key'],
  [{ ca: 'ca.pem' }, 'kafka.tls'],
])('%j is refused by the name of what is missing', (settings, key) => {
  expect(() => kafka(settings)).toThrow(
    expect.objectContaining({ code: 'TM_CONFIG', details: expect.objectContaining({ key }) }),
  )
})
