import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkBucket, initBucket } from '../../adapters/s3/bucket.js'
import { createS3Client } from '../../adapters/s3/client.js'
import { openS3ObjectStore, type S3ObjectStore } from '../../adapters/s3/object-store.js'
import { abortStaleUploads } from '../../adapters/s3/stale-uploads.js'
import { OBJECT_LEASE_MS } from '../../schemas/ports/object-store.js'
import { objectStoreContract } from '../contract/object-store.contract.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js'
import { type S3Server, startS3Server } from './s3-server.js'

const MIB = 1 << 20

let root: string
let server: S3Server
let bucket: string
let folders = 0

beforeAll(async () => {
  root = await scratchFolder()
  server = await startS3Server(root)
  bucket = server.bucket
})
afterAll(async () => {
  await server.stop()
  await rm(root, { recursive: true })
})

/** An empty data folder and a prefix of its own in the bucket. */
async function place() {
  const name = `run-${folders++}`
  const dataDir = join(root, name)
  await mkdir(dataDir)
  return { dataDir, prefix: `${name}/` }
}

objectStoreContract('S3', async () => {
  const { dataDir, prefix } = await place()
  const config = server.config(dataDir, { prefix })
  const opened: S3ObjectStore[] = []
  const reopen = async () => {
    opened.push(await openS3ObjectStore(config, Date.now))
    return opened[opened.length - 1]
  }
  const close = async () => {
    for (const store of opened) store.close()
    await rm(dataDir, { recursive: true })
  }
  return { store: await reopen(), folder: dataDir, reopen, close }
})

describe('object store: S3', () => {
  let dataDir: string
  let prefix: string
  let proxy: FaultyProxy
  let store: S3ObjectStore
  let nowMs: number

  /** A store as another machine would have it: through the proxy, with a cache of its own. */
  const openStore = (folder = dataDir, cacheBytes = 64 * MIB) =>
    openS3ObjectStore(server.config(folder, { prefix, endpoint: proxy.url, cache_bytes: cacheBytes }), () => nowMs)
  const openElsewhere = (cacheBytes?: number) => openStore(join(dataDir, `elsewhere-${folders++}`), cacheBytes)
  const file = async (content: string | Uint8Array) => {
    const path = join(dataDir, `file-${folders++}`)
    await writeFile(path, content)
    return path
  }
  const cached = async () =>
    (await readdir(join(dataDir, 'cache', 'objects'), { withFileTypes: true })).filter((entry) => entry.isFile())
  const sent = (method: string) => proxy.requests.filter((request) => request.startsWith(`${method} `))

  beforeEach(async () => {
    ;({ dataDir, prefix } = await place())
    nowMs = Date.now()
    proxy = await startFaultyProxy(server.endpoint)
    store = await openStore()
  })
  afterEach(async () => {
    store.close()
    await proxy.close()
    await rm(dataDir, { recursive: true })
  })

  test('a file that was put is read from here, even by the next process', async () => {
    await store.put('a', await file('content'))
    const next = await openStore()
    for (const each of [store, next]) expect(await readFile(await each.localPath('a'), 'utf8')).toBe('content')
    expect(sent('GET')).toEqual([])
  })

  test('several that want the same object at once share one download', async () => {
    await store.put('a', await file('content'))
    const other = await openElsewhere()
    const paths = await Promise.all(Array.from({ length: 20 }, () => other.localPath('a')))
    expect(new Set(paths).size).toBe(1)
    expect(sent('GET')).toHaveLength(1)
  })

  test('an object that another process of this machine has brought here is not brought twice', async () => {
    const writer = await openElsewhere()
    await writer.put('a', await file('content'))
    const [one, two] = [store, await openStore()]
    const path = await one.localPath('a')
    expect(await two.localPath('a')).toBe(path)
    expect(await cached()).toHaveLength(1)
  })

  test('a large file goes in parts and comes back as it was', async () => {
    const content = randomBytes(40 * MIB + 17)
    await store.put('large', await file(content))
    expect(sent('PUT').filter((request) => request.includes('partNumber='))).toHaveLength(3)
    const path = await (await openElsewhere()).localPath('large')
    expect(content.equals(await readFile(path))).toBe(true)
  })

  test('a large file never replaces another one, nor does it leave its parts behind', async () => {
    await store.put('large', await file(randomBytes(20 * MIB)))
    const other = randomBytes(20 * MIB)
    await expect(store.put('large', await file(other))).rejects.toMatchObject({ code: 'TM_OBJECT_EXISTS' })
    const uploads = await client().send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }))
    expect(uploads.Uploads ?? []).toEqual([])
  })

  test.each([
    ['small', 1000, /^PUT [^?]*small/],
    ['large', 20 * MIB, /^POST .*uploadId=/],
  ])('a put of a %s file whose answer is lost succeeds when it is repeated', async (key, bytes, last) => {
    let lost = 0
    proxy.fault = (request) => (last.test(request) && lost++ === 0 ? 'lose the answer' : 'none')
    const content = randomBytes(bytes)
    await store.put(key, await file(content))
    expect(lost).toBe(2)
    expect(content.equals(await readFile(await store.localPath(key)))).toBe(true)
  })

  test('a server without conditional writes: a taken key is seen by looking, a free one is filled', async () => {
    proxy.fault = (_, headers) => (headers['if-none-match'] ? { status: 501, code: 'NotImplemented' } : 'none')
    for (const [key, bytes] of [
      ['small', 1000],
      ['large', 20 * MIB],
    ] as const) {
      await store.put(key, await file(randomBytes(bytes)))
      await expect(store.put(key, await file(randomBytes(bytes)))).rejects.toMatchObject({ code: 'TM_OBJECT_EXISTS' })
    }
  })

  test('a body that is altered on its way once is asked for again', async () => {
    await store.put('a', await file('content'))
    const other = await openElsewhere()
    let altered = 0
    proxy.fault = (request) => (request.startsWith('GET') && altered++ === 0 ? 'flip a bit' : 'none')
    expect(await readFile(await other.localPath('a'), 'utf8')).toBe('content')
    expect(altered).toBe(2)
  })

  test('an object whose bytes rotted in the bucket is refused, and nothing of it stays here', async () => {
    await store.put('a', await file('content'))
    const stored = await open(join(server.objects, bucket, prefix, 'a'), 'r+')
    await stored.write('C', 0)
    await stored.close()
    const folder = join(dataDir, 'elsewhere')
    const other = await openStore(folder)
    await expect(other.localPath('a')).rejects.toMatchObject({
      code: 'TM_OBJECT_DAMAGED',
      message: expect.stringContaining(`s3://${bucket}/${prefix}a`),
    })
    const cache = join(folder, 'cache', 'objects')
    expect((await readdir(cache)).filter((name) => !name.startsWith('.'))).toEqual([])
    expect(await readdir(join(cache, '.underway'))).toEqual([])
  })

  test('an object that another program put, without our digest, is read too', async () => {
    await client().send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}foreign`, Body: 'content' }))
    expect(await readFile(await store.localPath('foreign'), 'utf8')).toBe('content')
  })

  test('over its limit the cache drops what was used least recently, and fetches it again when asked', async () => {
    const other = await openElsewhere(4 * MIB)
    for (let i = 0; i < 6; i++) await store.put(`o${i}`, await file(randomBytes(MIB)))
    for (let i = 0; i < 6; i++) {
      await other.localPath(`o${i}`)
      // Each beyond the lease of the one before.
      nowMs += OBJECT_LEASE_MS + 1000
      if (i > 0) await other.localPath('o0')
    }
    const gets = sent('GET').length
    await other.localPath('o0')
    await other.localPath('o5')
    expect(sent('GET')).toHaveLength(gets)
    await other.localPath('o1')
    expect(sent('GET')).toHaveLength(gets + 1)
  })

  test('what was given out within ten minutes stays, over the limit or not, whichever process gave it', async () => {
    const small = 2 * MIB
    for (let i = 0; i < 8; i++) await store.put(`o${i}`, await file(randomBytes(MIB)))
    const folder = join(dataDir, 'shared')
    const [one, two] = [await openStore(folder, small), await openStore(folder, small)]
    const leased: string[] = []
    for (let i = 0; i < 4; i++) leased.push(await (i % 2 ? one : two).localPath(`o${i}`))
    for (const path of leased) expect((await stat(path)).size).toBe(MIB)
    nowMs += OBJECT_LEASE_MS + 1000
    const kept = await two.localPath('o0')
    await one.localPath('o5')
    expect((await stat(kept)).size).toBe(MIB)
    await expect(stat(leased[1])).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a cache that is opened with less room comes within its limit, and drops what killed processes left', async () => {
    for (let i = 0; i < 5; i++) await store.put(`o${i}`, await file(randomBytes(MIB)))
    const underway = join(dataDir, 'cache', 'objects', '.underway')
    await writeFile(join(underway, 'old'), 'half')
    await utimes(join(underway, 'old'), 1000, 1000)
    await writeFile(join(underway, 'new'), 'half')
    nowMs += OBJECT_LEASE_MS + 1000
    ;(await openStore(dataDir, 2 * MIB)).close()
    expect((await cached()).length).toBeLessThanOrEqual(2)
    expect(await readdir(underway)).toEqual(['new'])
  })

  test('more objects than one page lists are listed, in order; marks of folders are left out', async () => {
    const keys = Array.from({ length: 1100 }, (_, i) => `many/${String(i).padStart(4, '0')}`)
    const s3 = client()
    for (let at = 0; at < keys.length; at += 50) {
      const page = keys.slice(at, at + 50)
      await Promise.all(
        page.map((key) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + key, Body: 'x' }))),
      )
    }
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}many/folder/`, ContentLength: 0 }))
    const found: string[] = []
    for await (const { key } of store.list('many/')) found.push(key)
    expect(found).toEqual(keys)
  })

  test('while the server is away what is here is read, the rest fails as retriable, and works once it is back', async () => {
    await store.put('here', await file('content'))
    const elsewhere = await openElsewhere()
    await elsewhere.put('there', await file('content'))
    await server.stop()
    try {
      expect(await readFile(await store.localPath('here'), 'utf8')).toBe('content')
      const failure = { code: 'TM_OBJECT_UNAVAILABLE', retriable: true, message: expect.stringContaining(bucket) }
      await expect(store.localPath('there')).rejects.toMatchObject(failure)
      await expect(store.put('new', await file('content'))).rejects.toMatchObject(failure)
      await expect(store.delete('here')).rejects.toMatchObject(failure)
      await expect(first(store.list(''))).rejects.toMatchObject(failure)
    } finally {
      await server.start()
    }
    expect(await readFile(await store.localPath('there'), 'utf8')).toBe('content')
    await store.put('new', await file('content'))
  })

  test('uploads that were begun long ago and never completed are ended; a fresh one is not', async () => {
    const begin = new CreateMultipartUploadCommand({ Bucket: bucket, Key: `${prefix}begun` })
    await client().send(begin)
    expect(await abortStaleUploads(client(), bucket, prefix, Date.now() + 80_000_000)).toBe(0)
    expect(await abortStaleUploads(client(), bucket, prefix, Date.now() + 90_000_000)).toBe(1)
    expect(await abortStaleUploads(client(), bucket, prefix, Date.now() + 90_000_000)).toBe(0)
  })

  test('a bucket that is not there, keys that are not right: said with the fix', async () => {
    const missing = await openS3ObjectStore(server.config(dataDir, { bucket: 'no-such-bucket' }), Date.now)
    const absent = { code: 'TM_BUCKET_MISSING', retriable: true, hint: expect.stringContaining('tidemark init') }
    await expect(missing.put('a', await file('x'))).rejects.toMatchObject(absent)
    await expect(missing.localPath('a')).rejects.toMatchObject(absent)
    await expect(first(missing.list(''))).rejects.toMatchObject(absent)
    const denied = await openS3ObjectStore(server.config(dataDir, { secret_access_key: 'wrong' }), Date.now)
    const refusal = { code: 'TM_BUCKET_DENIED', hint: expect.stringContaining('s3.secret_access_key') }
    await expect(denied.put('a', await file('x'))).rejects.toMatchObject(refusal)
    await expect(denied.localPath('a')).rejects.toMatchObject(refusal)
  })

  async function first<T>(entries: AsyncIterable<T>): Promise<T | undefined> {
    for await (const entry of entries) return entry
    return undefined
  }

  function client() {
    return createS3Client(server.config(dataDir).s3)
  }
})

describe('setting up a bucket', () => {
  test('it is made once, and found the next time', async () => {
    const config = server.config(root, { bucket: 'made-here' })
    expect(await initBucket(config)).toBe(true)
    expect(await initBucket(config)).toBe(false)
  })

  test('the doctor tries everything that is needed, and leaves nothing behind', async () => {
    const config = server.config(root, { bucket: 'looked-at', prefix: 'deep/er/' })
    await initBucket(config)
    const findings = await checkBucket(config)
    expect(findings.map(({ what, ok }) => [what, ok])).toEqual([
      ['object storage', true],
      ['objects: list', true],
      ['objects: put', true],
      ['objects: get', true],
      ['objects: conditional create', true],
      ['objects: delete', true],
    ])
    expect(await readdir(join(server.objects, 'looked-at', 'deep', 'er')).catch(() => [])).toEqual([])
  })

  test('each trouble comes with what mends it', async () => {
    const [missing] = await checkBucket(server.config(root, { bucket: 'not-made' }))
    expect(missing).toMatchObject({ what: 'object storage', ok: false, fix: expect.stringContaining('tidemark init') })
    const [denied] = await checkBucket(server.config(root, { secret_access_key: 'wrong' }))
    expect(denied).toMatchObject({ ok: false, fix: expect.stringContaining('s3.secret_access_key') })
    const [away] = await checkBucket(server.config(root, { endpoint: 'http://127.0.0.1:1' }))
    expect(away).toMatchObject({ ok: false, detail: expect.stringContaining('127.0.0.1:1') })
  })

  test('a server that overwrites taken keys is told of', async () => {
    const proxy = await startFaultyProxy(server.endpoint)
    proxy.fault = (_, headers) => (headers['if-none-match'] ? { status: 501, code: 'NotImplemented' } : 'none')
    const findings = await checkBucket(server.config(root, { endpoint: proxy.url }))
    await proxy.close()
    expect(findings.find(({ what }) => what === 'objects: conditional create')).toMatchObject({ ok: false })
  })
})
