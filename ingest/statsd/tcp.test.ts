import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { StatsdDecoder } from './decoder.js'
import { type StatsdTcp, startStatsdTcp } from './tcp.js'

const NOW = 1_700_000_000_000
let listener: StatsdTcp | undefined
let client: Socket | undefined
afterEach(async () => {
  client?.destroy()
  await listener?.close()
})

async function listen(commit: () => Promise<void> = async () => undefined, lineBytes = 1000) {
  const sink = new RecordingSink()
  sink.commit = async () => {
    await commit()
    return { accepted: 1, refusedCount: 0, refused: [] }
  }
  const settings = {
    host: '127.0.0.1',
    port: 0,
    lineBytes,
    decoder: new StatsdDecoder({ limits: { gaugeStates: 100, statsdSetMembers: 100 } }),
    requests: { open: () => sink },
    clock: () => NOW,
    onFailure: () => undefined,
  }
  const tcp = await startStatsdTcp(settings)
  listener = tcp
  const socket = connect(tcp.port, '127.0.0.1').setNoDelay(true)
  socket.on('error', () => undefined)
  client = socket
  await new Promise((resolve) => socket.once('connect', resolve))
  return { tcp, sink, settings, socket }
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 500) throw new Error('it never came to hold')
    await setTimeout(10)
  }
}

const valuesOf = (sink: RecordingSink) => sink.points.map(({ metric, value }) => `${metric} ${value}`)

test('lines are read however the stream is cut, the last one without a newline too', async () => {
  const { sink, socket } = await listen()
  for (const piece of ['gorets:1|c\nglo', 'rk:320|m', 's\ngaugor:333|g\nlast:1|c']) {
    socket.write(piece)
    await setTimeout(20)
  }
  socket.end()
  await until(() => sink.points.length === 4)
  expect(valuesOf(sink)).toEqual(['gorets 1', 'glork 0.32', 'gaugor 333', 'last 1'])
})

/** A listener whose log holds the first point back until it is released. */
async function listenWithSlowLog() {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const listening = await listen(() => held)
  listening.socket.write('a:1|c\n')
  await until(() => listening.sink.points.length === 1)
  return { ...listening, release }
}

test('refusals name the line of the connection; a line that is too long is one of them', async () => {
  const { sink, socket } = await listen()
  socket.write(`a:1|c\n${'x'.repeat(2000)}\nb:1|c\n`)
  await until(() => sink.points.length === 2)
  socket.write('c:1|c\nnonsense\nd:1|c\n')
  await until(() => sink.points.length === 4)
  expect(sink.refusals.map(({ position, reason }) => `${position} ${reason}`)).toEqual([
    '2 the line has more than 1000 bytes (limits.statsdLineBytes)',
    '5 the line is not valid UTF-8 in the form name:value|type',
  ])
})

test('a slow log stops the reading, and nothing is lost', async () => {
  const { tcp, sink, socket, release } = await listenWithSlowLog()
  socket.write('b:1|c\n')
  await setTimeout(100)
  expect(sink.points).toHaveLength(1)
  release()
  await until(() => sink.points.length === 2)
  expect(tcp.counters).toMatchObject({ connections: 1, bytes: 12, failedCommits: 0 })
})

test('close takes what has arrived while the log was slow, and refuses a line that may be cut', async () => {
  const { tcp, sink, socket, release } = await listenWithSlowLog()
  socket.write('b:1|c\nc:1|c|@0.')
  await setTimeout(100)
  const closed = tcp.close()
  release()
  await closed
  expect(valuesOf(sink)).toEqual(['a 1', 'b 1'])
  expect(sink.refusals.map(({ position }) => position)).toEqual([3])
  expect(tcp.counters.points).toBe(2)
})

test('a connection that breaks off loses only its unfinished line', async () => {
  const { tcp, sink, socket } = await listen()
  socket.write('a:1|c\nb:1|c')
  await until(() => sink.points.length === 1)
  socket.resetAndDestroy()
  await until(() => tcp.counters.brokenConnections === 1)
  expect(valuesOf(sink)).toEqual(['a 1'])
})

test('a taken port is named', async () => {
  const { tcp, settings } = await listen()
  await expect(startStatsdTcp({ ...settings, port: tcp.port })).rejects.toThrow(
    `port ${tcp.port} on 127.0.0.1 is taken`,
  )
})
