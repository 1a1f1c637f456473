import fc from 'fast-check'
import { compress } from 'snappy'
import { expect, test } from 'vitest'
import { codecs } from './codecs.js'

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(fc.string({ minLength: 1 }), fc.nat(50_000)).map(([text, times]) => Buffer.from(text.repeat(times))),
)

test.each(Object.keys(codecs) as (keyof typeof codecs)[])('%s gives back what it was given', async (name) => {
  const { compress, decompress } = codecs[name]
  await fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      expect((await decompress(await compress(bytes))).equals(bytes)).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test("snappy is read in the blocks of Java's clients too", async () => {
  const texts = ['host=a '.repeat(100), '', 'host=b '.repeat(7)]
  const blocks = await Promise.all(texts.map((text) => compress(Buffer.from(text))))
  const framed = blocks.flatMap((block) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    return [length, block]
  })
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  expect((await codecs.snappy.decompress(Buffer.concat([header, ...framed]))).toString()).toBe(texts.join(''))
})
