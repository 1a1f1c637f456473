import { describe, expect, test } from 'vitest'
import { parseRedisUrl } from './address.js'

describe('an address of Redis', () => {
  test.each([
    ['redis://localhost', { kind: 'single', hosts: [{ host: 'localhost', port: 6379 }], tls: false, db: 0 }],
    ['redis://localhost/', { kind: 'single', hosts: [{ host: 'localhost', port: 6379 }], tls: false, db: 0 }],
    [
      'rediss://me:s%40fe%2F@cache.example:6380/3',
      {
        kind: 'single',
        hosts: [{ host: 'cache.example', port: 6380 }],
        tls: true,
        db: 3,
        username: 'me',
        password: 's@fe/',
      },
    ],
    ['redis://:secret@[::1]:7000', { kind: 'single', hosts: [{ host: '::1', port: 7000 }], password: 'secret' }],
    [
      'redis+sentinel://a,b:26380/my%20master/2',
      {
        kind: 'sentinel',
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 26380 },
        ],
        master: 'my master',
        tls: false,
        db: 2,
      },
    ],
    [
      'rediss+cluster://me:pw@a:7000,b:7001',
      {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
        tls: true,
        db: 0,
        username: 'me',
        password: 'pw',
      },
    ],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toMatchObject(address)
  })

  test.each([
    ['localhost:6379', 'not an address'],
    ['http://localhost', 'not an address'],
    ['redis://', 'not an address'],
    ['redis://a,b', 'several servers'],
    ['redis://a:0', 'not host:port'],
    ['redis://a:65536', 'not host:port'],
    ['redis://me:p@ss@a', 'not an address'],
    ['redis://a/one', 'number of a database'],
    ['redis://a/1/2', 'number of a database'],
    ['redis://me@a', 'without a password'],
    ['redis://:%zz@a', 'hexadecimal'],
    ['redis+sentinel://a,b', 'names no master'],
    ['redis+cluster://a/1', 'no numbered databases'],
    ['redis+cluster://a,,b', 'not host:port'],
  ])('%s is refused', (url, reason) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ code: 'TM_CONFIG', message: expect.stringContaining(reason) }),
    )
  })

  test('that is refused does not show its password', () => {
    for (const url of ['redis://me:secret@a:99999', 'redis://me:top@secret@a', 'redis://secret@a']) {
      expect(() => parseRedisUrl(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') }),
      )
    }
  })
})
