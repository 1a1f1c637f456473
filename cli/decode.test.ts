import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import snappy from 'snappy'
import { describe, expect, onTestFinished, test } from 'vitest'
import { encodeOtlp } from '../ingest/otlp/encode.js'
import { encodeWriteRequest } from '../ingest/remote-write/encode.js'
import { decodeCommand } from './decode.js'

/** 2026-01-01T00:00:00Z, ms. */
const NEW_YEAR = 1_767_225_600_000

/** Runs `tidemark decode` with these arguments on this input. */
async function decode(args: string, input: string | Uint8Array) {
  const streams = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exitCode: undefined,
  }
  const command = decodeCommand(streams)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  await command.parseAsync(args.split(' '), { from: 'user' })
  streams.stdout.end()
  streams.stderr.end()
  const points = (await text(streams.stdout)).split('\n').filter(Boolean)
  return {
    points: points.map((line) => JSON.parse(line)),
    refusals: await text(streams.stderr),
    status: streams.exitCode ?? 0,
  }
}

describe('every format is printed as points, one a line', () => {
  test('Influx line protocol', async () => {
    expect(await decode('--format influx', 'cpu,host=a usage=0.5,value=2i 1767225600000000000\n')).toEqual({
      points: [
        { metric: 'cpu_usage', labels: { host: 'a' }, kind: 'sample', timestamp: NEW_YEAR, value: 0.5 },
        { metric: 'cpu', labels: { host: 'a' }, kind: 'sample', timestamp: NEW_YEAR, value: 2 },
      ],
      refusals: '',
      status: 0,
    })
  })

  test('in the precision that is named', async () => {
    const { points } = await decode('--format influx --precision s', 'cpu value=1 1767225600')
    expect(points).toMatchObject([{ timestamp: NEW_YEAR }])
  })

  test('StatsD, sets and weights too', async () => {
    const { points } = await decode(
      '--format statsd',
      'page.views:3|c|@0.1|#country:se\nload.time:12|ms|@0.5\nusers:a|s\nusers:b|s',
    )
    expect(points).toMatchObject([
      { metric: 'page_views', labels: { country: 'se' }, kind: 'event', value: 30 },
      { metric: 'load_time', kind: 'event', value: 0.012, weight: 2 },
      { metric: 'users', value: 2 },
    ])
  })

  test('StatsD with names as they were sent', async () => {
    expect((await decode('--format statsd --names keep', 'page.views:3|c')).points).toMatchObject([
      { metric: 'page.views' },
    ])
  })

  test('the Prometheus text format, with values that JSON has no number for', async () => {
    const { points } = await decode(
      '--format prometheus',
      `# TYPE a gauge\na{b="c"} NaN ${NEW_YEAR}\na -Inf ${NEW_YEAR}\na +Inf ${NEW_YEAR}\n`,
    )
    expect(points.map(({ value }) => value)).toEqual(['NaN', '-Inf', '+Inf'])
  })

  test('OpenMetrics', async () => {
    const { points, status } = await decode(
      '--format openmetrics',
      '# TYPE a counter\na_total{b="c"} 1 1767225600.5\n# EOF\n',
    )
    expect(points).toEqual([
      { metric: 'a_total', labels: { b: 'c' }, kind: 'sample', timestamp: NEW_YEAR + 500, value: 1 },
    ])
    expect(status).toBe(0)
  })

  test('OTLP in JSON', async () => {
    const body = JSON.stringify({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                { name: 'queue.size', gauge: { dataPoints: [{ asInt: '7', timeUnixNano: `${NEW_YEAR}000000` }] } },
              ],
            },
          ],
        },
      ],
    })
    expect((await decode('--format otlp', body)).points).toMatchObject([
      { metric: 'queue_size', timestamp: NEW_YEAR, value: 7 },
    ])
  })

  test('OTLP in protobuf, told apart by itself', async () => {
    const metrics = [
      { name: 'queue.size', gauge: { dataPoints: [{ asDouble: 7, timeUnixNano: `${NEW_YEAR}000000` }] } },
    ]
    const body = encodeOtlp({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
    expect((await decode('--format otlp', body)).points).toMatchObject([
      { metric: 'queue_size', timestamp: NEW_YEAR, value: 7 },
    ])
  })

  test.each([
    ['snappy', (message: Uint8Array) => snappy.compressSync(Buffer.from(message))],
    ['plain', (message: Uint8Array) => message],
  ])('remote-write, %s', async (_, packed) => {
    const message = encodeWriteRequest([
      {
        labels: [['__name__', 'up']],
        samples: [
          { timeMs: NEW_YEAR, value: 1 },
          { timeMs: NEW_YEAR, value: 'stale' },
        ],
      },
    ])
    expect((await decode('--format remote-write', packed(message))).points).toMatchObject([
      { metric: 'up', value: 1 },
      { value: 'stale' },
    ])
  })
})

test('a gzipped body is unpacked first', async () => {
  expect((await decode('--format influx', gzipSync('cpu value=1\n'))).points).toMatchObject([
    { metric: 'cpu', value: 1 },
  ])
})

test('refused lines are named with number and reason, the good ones printed all the same, and the status is 1', async () => {
  const { points, refusals, status } = await decode('--format influx', 'cpu value=1\ncpu value=\nmem value=2\nmem\n')
  expect(points.map(({ metric }) => metric)).toEqual(['cpu', 'mem'])
  expect(refusals).toMatch(/^line 2: TM_LINE_SYNTAX: .*: cpu value=\n {2}hint: .*\nline 4: TM_LINE_SYNTAX: .*: mem\n$/)
  expect(status).toBe(1)
})

test('what counts is named as the format counts it', async () => {
  const future = encodeWriteRequest([{ labels: [['__name__', 'up']], samples: [{ timeMs: 4e12, value: 1 }] }])
  expect((await decode('--format remote-write', future)).refusals).toMatch(/^series 1: TM_POINT_FUTURE/)
})

test('a body that is nothing of the kind is one refusal', async () => {
  const { refusals, status } = await decode('--format otlp', '{"resourceMetrics":[')
  expect(refusals).toContain('TM_BODY_SYNTAX: the OTLP JSON body cannot be decoded')
  expect(status).toBe(1)
})

test('a file is read in place of the standard input', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-decode-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'lines.txt')
  writeFileSync(path, 'cpu value=1\n')
  expect((await decode(`--format influx ${path}`, '')).points).toHaveLength(1)
})

test('a file that is not there is named', async () => {
  await expect(decode('--format influx /nowhere/lines.txt', '')).rejects.toMatchObject({
    code: 'TM_REQUEST',
    message: expect.stringContaining('/nowhere/lines.txt'),
  })
})

test.each(['', '--format fax', '--format influx --precision fortnight'])(
  'the arguments "%s" are a wrong call',
  async (args) => {
    await expect(decode(args, '')).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) })
  },
)
