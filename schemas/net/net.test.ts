import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { addressClass } from './address-class.js'
import { checkTarget, type TargetRules, targetRules } from './check-target.js'
import { guardedFetch } from './guarded-fetch.js'
import { isLoopbackHost } from './loopback.js'

const rules = (purpose: TargetRules['purpose'], ...allow: string[]) => targetRules(purpose, allow)
const resolvesTo =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

test.each([
  ['169.254.169.254', 'metadata'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['169.254.1.1', 'linkLocal'],
  ['fe80::1%eth0', 'linkLocal'],
  ['febf::1', 'linkLocal'],
  ['127.8.9.1', 'loopback'],
  ['::1', 'loopback'],
  ['0.0.0.0', 'private'],
  ['::', 'private'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12::1', 'private'],
  ['::ffff:10.0.0.1', 'private'],
  ['64:ff9b::a00:1', 'private'],
  ['224.0.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['8.8.8.8', 'public'],
  ['64:ff9b::808:808', 'public'],
  ['2606:4700::1111', 'public'],
])('%s is %s', (address, expected) => {
  expect(addressClass(address)).toBe(expected)
})

test.each(['localhost', 'LOCALHOST', 'app.localhost', '127.0.0.1', '127.1.1.1', '::1', '[::1]'])(
  '%s is this machine alone',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true)
  },
)

test.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', 'localhost.example.com', ''])(
  '%s can be reached by others',
  (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  },
)

describe('a target', () => {
  test.each([
    ['scrape', '10.0.0.5'],
    ['scrape', '127.0.0.1'],
    ['scrape', '8.8.8.8'],
    ['webhook', '8.8.8.8'],
  ] as const)('of a %s may be %s', async (purpose, address) => {
    expect(await checkTarget(address, rules(purpose), resolvesTo())).toEqual([{ address, family: 4 }])
  })

  test.each([
    ['scrape', '169.254.169.254'],
    ['scrape', '169.254.20.10'],
    ['webhook', '10.0.0.5'],
    ['webhook', '127.0.0.1'],
    ['webhook', '[::1]'],
    ['webhook', '192.168.1.1'],
  ] as const)('of a %s may not be %s', async (purpose, address) => {
    await expect(checkTarget(address, rules(purpose), resolvesTo())).rejects.toMatchObject({
      code: 'TM_TARGET_REFUSED',
    })
  })

  test('is judged by the addresses of its name, each of them', async () => {
    const hook = rules('webhook')
    expect(await checkTarget('a.example', hook, resolvesTo('8.8.8.8', '2606:4700::1'))).toHaveLength(2)
    await expect(checkTarget('a.example', hook, resolvesTo('8.8.8.8', '10.0.0.1'))).rejects.toThrow(
      'the webhook target a.example (10.0.0.1) is refused: it is not public',
    )
  })

  test('that is not public may be named by address, by network or by host', async () => {
    const hook = rules('webhook', '10.0.0.0/8', '127.0.0.1', 'Chat.internal')
    await expect(checkTarget('10.9.9.9', hook, resolvesTo())).resolves.toHaveLength(1)
    await expect(checkTarget('127.0.0.1', hook, resolvesTo())).resolves.toHaveLength(1)
    await expect(checkTarget('chat.internal', hook, resolvesTo('192.168.7.7'))).resolves.toHaveLength(1)
    await expect(checkTarget('127.0.0.2', hook, resolvesTo())).rejects.toThrow('loopback')
    await expect(checkTarget('169.254.1.1', rules('scrape', '169.254.1.1'), resolvesTo())).resolves.toHaveLength(1)
  })

  test('that gives away credentials is refused whatever is allowed', async () => {
    const anywhere = rules('scrape', '0.0.0.0/0', '::/0', 'metadata.google.internal')
    await expect(checkTarget('metadata.google.internal', anywhere, resolvesTo('169.254.169.254'))).rejects.toThrow(
      'credentials',
    )
    await expect(checkTarget('fd00:ec2::254', anywhere, resolvesTo())).rejects.toThrow('credentials')
  })

  test('whose name is unknown is said to be so', async () => {
    const unknown = async () => {
      throw new Error('ENOTFOUND')
    }
    await expect(checkTarget('a.example', rules('scrape'), unknown)).rejects.toMatchObject({
      code: 'TM_TARGET_UNKNOWN',
    })
  })

  test.each(['10.0.0.0/40', '10.0.0.0/', '10.0.0/8', '1::/129', 'a.example/8'])('cannot be allowed as %s', (entry) => {
    expect(() => targetRules('webhook', [entry])).toThrow(/outbound\.allow/)
  })
})

describe('the guarded fetch', () => {
  let closing = () => {}
  afterEach(() => closing())

  async function serve(answer: RequestListener): Promise<number> {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing = () => server.closeAllConnections() ?? server.close()
    return (server.address() as AddressInfo).port
  }

  const causeOf = (thrown: Error) => thrown.cause

  test('connects to the address that was checked, whatever the name means a moment later', async () => {
    const port = await serve((request, response) => response.end(request.headers.host))
    const answers = ['127.0.0.1', '169.254.169.254']
    const fetch = guardedFetch(rules('scrape'), async () => [{ address: answers.shift() ?? '10.0.0.1', family: 4 }])
    const response = await fetch(`http://rebinding.example:${port}/`, {})
    expect(await response.text()).toBe(`rebinding.example:${port}`)
    expect(answers).toEqual(['169.254.169.254'])
  })

  test('refuses a name that leads where it must not, before a byte is sent', async () => {
    const port = await serve(() => expect.unreachable())
    const fetch = guardedFetch(rules('webhook'), resolvesTo('127.0.0.1'))
    expect(await fetch(`http://innocent.example:${port}/`, {}).catch(causeOf)).toMatchObject({
      code: 'TM_TARGET_REFUSED',
    })
  })

  test.each(['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]'])(
    'refuses the address itself, written as %s',
    async (host) => {
      const port = await serve(() => expect.unreachable())
      const fetch = guardedFetch(rules('webhook'), resolvesTo('8.8.8.8'))
      expect(await fetch(`http://${host}:${port}/`, {}).catch(causeOf)).toMatchObject({ code: 'TM_TARGET_REFUSED' })
    },
  )

  test('is led nowhere by a redirect', async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    const response = await guardedFetch(rules('scrape'))(`http://127.0.0.1:${port}/`, {})
    expect(response.status).toBe(302)
    await response.body?.cancel()
  })
})
