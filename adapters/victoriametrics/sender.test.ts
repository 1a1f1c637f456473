import { uncompressSync } from 'snappy'
import { beforeEach, describe, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { encodeLabels } from './label-bytes.js'
import { Sender } from './sender.js'
import { WriteRequest } from './write-request.js'

const T = 1_767_571_200_000
const LABELS = encodeLabels([['__name__', 'a']])
const inflate = (body: Uint8Array) => uncompressSync(Buffer.from(body)) as Buffer

let taken: Uint8Array[]
let kept: Uint8Array[]
let slept: number[]
let answers: (() => Promise<void>)[]
let sender: Sender

beforeEach(() => {
  taken = []
  kept = []
  slept = []
  answers = []
  sender = new Sender({
    client: {
      write: async (body) => {
        await answers.shift()?.()
        taken.push(inflate(body))
      },
    },
    recent: { keep: (body) => kept.push(inflate(body)) },
    sleep: async (ms) => {
      slept.push(ms)
    },
  })
})

const fill = (samples: number, seed = 1) => {
  const frame = Uint8Array.from({ length: samples * 6 }, (_, i) => (i * seed * 7919) >> 3)
  return (request: WriteRequest) => request.addFrame(LABELS, frame, 0, samples, T, 1)
}

const bytesOf = (...fills: ((request: WriteRequest) => void)[]) => {
  const request = new WriteRequest()
  for (const one of fills) one(request)
  return Buffer.from(request.written())
}

const failing = (code: 'TM_HOTSTORE_UNAVAILABLE' | 'TM_HOTSTORE_REFUSED') => async () => {
  throw new TidemarkError(code, { reason: 'test' })
}

/** Adds and waits until it was taken. */
async function send(windows: number, one: (request: WriteRequest) => void): Promise<void> {
  await (await sender.add(windows, one)).delivered
}

test('what several writers add goes in one request, in order', async () => {
  await Promise.all([send(10, fill(5, 1)), send(10, fill(6, 2)), send(10, fill(7, 3))])
  expect(taken).toEqual([bytesOf(fill(5, 1), fill(6, 2), fill(7, 3))])
  expect(kept).toEqual(taken)
})

test('what comes while requests are under way goes together in the next one', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  answers = [() => held, () => held]
  const first = send(1000, fill(5, 1))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const second = send(1000, fill(6, 2))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const others = Array.from({ length: 20 }, (_, i) => send(1000, fill(7, i)))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(taken).toEqual([])
  release()
  await Promise.all([first, second, ...others])
  expect(taken).toHaveLength(3)
  expect(taken[2]).toEqual(bytesOf(...Array.from({ length: 20 }, (_, i) => fill(7, i))))
})

test('writers wait for room while the server takes nothing', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  answers = Array.from({ length: 10 }, () => () => held)
  const big = fill(10_000)
  let added = 0
  const delivered: Promise<void>[] = []
  const adding = (async () => {
    for (; added < 200; added++) delivered.push((await sender.add(1, big)).delivered)
  })()
  await new Promise((resolve) => setTimeout(resolve, 200))
  // 4 MiB each: two under way, and one that waits.
  expect(added).toBeLessThan(3 * 25)
  release()
  await adding
  await Promise.all(delivered)
  const bytes = taken.reduce((total, body) => total + body.length, 0)
  expect(bytes).toBe(200 * bytesOf(big).length)
})

describe('a request that failed', () => {
  test('is sent again, the same, after longer and longer waits', async () => {
    answers = [failing('TM_HOTSTORE_UNAVAILABLE'), failing('TM_HOTSTORE_UNAVAILABLE')]
    await send(1, fill(5))
    expect(taken).toEqual([bytesOf(fill(5))])
    expect(slept).toEqual([100, 300])
  })

  test('is given up after some tries: whoever wrote into it hears of it', async () => {
    answers = Array.from({ length: 5 }, () => failing('TM_HOTSTORE_UNAVAILABLE'))
    const outcomes = await Promise.allSettled([send(1, fill(5)), send(1, fill(6))])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(slept).toEqual([100, 300, 1000, 3000])
    expect(kept).toEqual([])
    await send(1, fill(7))
    expect(taken).toEqual([bytesOf(fill(7))])
  })

  test('is not sent again if the server refused it', async () => {
    answers = [failing('TM_HOTSTORE_REFUSED')]
    await expect(send(1, fill(5))).rejects.toMatchObject({ code: 'TM_HOTSTORE_REFUSED' })
    expect(slept).toEqual([])
  })
})
