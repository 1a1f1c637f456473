import { createSocket } from 'node:dgram'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { RecordingSink } from '../../test/recording-sink.js'
import { StatsdDecoder } from './decoder.js'
import type { ListenerSettings } from './listener.js'
import { type StatsdUdp, startStatsdUdp } from './udp.js'

const NOW = 1_700_000_000_000
let listener: StatsdUdp | undefined
afterEach(() => listener?.close())

/** A listener whose requests all fill one sink; `commit` stands for the log. */
async function listen(commit: () => Promise<void> = async () => undefined) {
  const sink = new RecordingSink()
  sink.commit = async () => {
    await commit()
    return { accepted: 1, refusedCount: 0, refused: [] }
  }
  const failures: TidemarkError[] = []
  let opened = 0
  const settings: ListenerSettings = {
    host: '127.0.0.1',
    port: 0,
    decoder: new StatsdDecoder({ limits: { gaugeStates: 100, statsdSetMembers: 100 } }),
    requests: {
      open: () => {
        opened++
        return sink
      },
    },
    clock: () => NOW,
    onFailure: (error) => failures.push(error),
  }
  const udp = await startStatsdUdp(settings)
  listener = udp
  return { udp, sink, failures, settings, opened: () => opened }
}

async function send(port: number, packets: (string | Uint8Array)[]): Promise<void> {
  const socket = createSocket('udp4')
  for (const packet of packets) {
    await new Promise<void>((resolve) => socket.send(packet, port, '127.0.0.1', () => resolve()))
  }
  socket.close()
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 500) throw new Error('it never came to hold')
    await setTimeout(10)
  }
}

test('packets of DogStatsD clients become points, many packets one request', async () => {
  const { udp, sink, opened } = await listen()
  await send(udp.port, [
    // Go client, client-side aggregation and origin detection
    'checkout.latency:12.5:80:7|d|@0.5|#env:prod,version:1.4.2|c:ci-0f8fad5b|e:it-false,cn-web,pu-75a2b6d5\\n'.slice(
      0,
      -2,
    ),
    'datadog.dogstatsd.client.metrics:42|c|#env:prod,client:go,client_version:5.5.0,client_transport:udp,metrics_type:gauge\n',
    // Python client, one buffered packet
    'page.views:1|c|#env:dev\nfuel.level:0.5|g|#env:dev\nsong.length:240|ms|@0.5|#env:dev\nusers.uniques:1234|s|#env:dev\n',
    // PHP client, with # before each key, and an event
    'users.online:1|c|#country:china,#city:shanghai',
    '_e{21,36}:An exception occurred|Cannot parse CSV file from 10.0.0.17|t:warning|#err_type:bad_file',
    // Etsy client
    'gorets:1|c\nglork:320|ms\ngaugor:333|g\ngaugor:-10|g\n',
  ])
  await until(() => udp.counters.packets === 6)
  await udp.close()
  const points = sink.points.filter(({ metric }) => metric !== 'users_uniques')
  expect(points.map(({ series, value, weight }) => `${series} ${value} x${weight}`)).toEqual([
    ...[12.5, 80, 7].map((v) => `checkout_latency{container_id="ci-0f8fad5b",env="prod",version="1.4.2"} ${v} x2`),
    'datadog_dogstatsd_client_metrics{client="go",client_transport="udp",client_version="5.5.0",env="prod",metrics_type="gauge"} 42 x1',
    'page_views{env="dev"} 1 x1',
    'fuel_level{env="dev"} 0.5 x1',
    'song_length{env="dev"} 0.24 x2',
    'users_online{city="shanghai",country="china"} 1 x1',
    'gorets{} 1 x1',
    'glork{} 0.32 x1',
    'gaugor{} 333 x1',
    'gaugor{} 323 x1',
  ])
  // One request for the packets, one for the sets that were open at the end.
  expect(opened()).toBe(2)
  expect(sink.points[sink.points.length - 1]).toMatchObject({ metric: 'users_uniques', value: 1, timeMs: NOW })
})

test('a request is committed without waiting for more than 100 ms or 64 kB', async () => {
  const { udp, opened } = await listen()
  const packet = 'a:1|c\n'.repeat(200)
  await send(udp.port, Array<string>(60).fill(packet))
  await until(() => udp.counters.points === 2)
  expect(opened()).toBe(2)
  expect(udp.counters.bytes).toBe(60 * packet.length)
})

test('packets are dropped and counted while too many commits wait, and close still commits the rest', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const { udp } = await listen(() => held)
  const packet = `${'x'.repeat(40_000)}:1|c`
  for (let sent = 0; sent < 140; sent += 10) {
    await send(udp.port, Array<string>(10).fill(packet))
    await until(() => udp.counters.packets === sent + 10)
  }
  expect(udp.counters.droppedPackets).toBe(140 - 2 * 64)
  release()
  await udp.close()
  expect(udp.counters.points).toBe(64)
})

test('a full log is tried again; a failing one costs the packets, which are counted', async () => {
  let tries = 0
  const full = new TidemarkError('TM_LOG_BACKPRESSURE', { bytes: 1, limit: 1 })
  const broken = new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'disk full' })
  const { udp, failures } = await listen(async () => {
    tries++
    if (tries < 3) throw full
    if (tries > 3) throw broken
  })
  await send(udp.port, ['a:1|c'])
  await until(() => udp.counters.points === 1)
  expect(tries).toBe(3)
  await send(udp.port, ['a:1|c'])
  await until(() => udp.counters.failedCommits === 1)
  expect(udp.counters.droppedPackets).toBe(1)
  expect(failures).toEqual([broken])
})

test('a taken port is named', async () => {
  const { udp, settings } = await listen()
  const second = startStatsdUdp({ ...settings, port: udp.port })
  await expect(second).rejects.toMatchObject({ code: 'TM_PORT_TAKEN', hint: expect.stringContaining('statsd.port') })
  await expect(second).rejects.toThrow(`port ${udp.port} on 127.0.0.1 is taken`)
})

test('an address of another machine is refused with the key to change', async () => {
  const { settings } = await listen()
  const second = startStatsdUdp({ ...settings, host: '192.0.2.1' })
  await expect(second).rejects.toMatchObject({ code: 'TM_CONFIG', details: { key: 'statsd.host' } })
})

test('any bytes in any packets leave the listener running', async () => {
  const { udp } = await listen()
  const noise = Array.from({ length: 50 }, (_, i) =>
    Uint8Array.from({ length: i * 7 }, (_, j) => (i * 31 + j * 97) % 256),
  )
  await send(udp.port, [...noise, 'a:1|c'])
  await until(() => udp.counters.packets === 51)
})
