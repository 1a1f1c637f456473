import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { anomalyCommand } from './score.js'
import { parseTime } from './series-csv.js'

/** Runs `tidemark anomaly score` with these arguments on this input. */
const score = (input: string, args: string[] = []) => run(input, ['score', ...args])

/** Runs `tidemark anomaly` with these arguments on this input. */
async function run(input: string, args: string[]) {
  const streams = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exitCode: undefined,
  }
  const command = anomalyCommand(streams).exitOverride()
  for (const part of command.commands) part.configureOutput({ writeErr: () => undefined })
  const printed = text(streams.stdout)
  await command.parseAsync(args, { from: 'user' })
  streams.stdout.end()
  streams.stderr.end()
  const lines = (await printed).trimEnd().split('\n')
  return { lines, told: await text(streams.stderr), status: streams.exitCode ?? 0 }
}

const FLAT = Array.from({ length: 400 }, (_, i) => `${1_400_000_000 + i * 300},${i === 399 ? 90 : 10 + (i % 7)}`)

test('each line comes back as it was, with score, lower and upper behind it', async () => {
  const { lines, status } = await score(`timestamp,value\n${FLAT.join('\n')}\n`)
  expect(lines[0]).toBe('timestamp,value,score,lower,upper')
  expect(lines).toHaveLength(401)
  expect(lines[400].startsWith(`${FLAT[399]},`)).toBe(true)
  const [, , ofSpike, lower, upper] = lines[400].split(',').map(Number)
  expect(ofSpike).toBeGreaterThan(0.5)
  expect(lower).toBeLessThan(upper)
  expect(upper).toBeLessThan(90)
  expect(status).toBe(0)
})

test('when the warm-up ends is told, and what is missing if it never does', async () => {
  expect((await score(`timestamp,value\n${FLAT.join('\n')}`)).told).toBe('warm from line 102 on\n')
  expect((await score('timestamp,value\n1,2\n2,3\n')).told).toMatch(/^never warm: 99 more values/)
})

test('a bad line is told with its number and left out; the status says so', async () => {
  const { lines, told, status } = await score('timestamp,value\n2014-04-01 00:00:00,1\nyesterday,2\n3,x\n4\n5,5\n')
  expect(told).toMatch(/line 3: "yesterday" is no time.*\nline 4: "x" is no finite number\nline 5: 1 columns/)
  expect(lines).toHaveLength(3)
  expect(status).toBe(1)
})

test('columns are found by their names; without a header they are the first two', async () => {
  const named = await score('host,value,timestamp\na,5,1400000000\n')
  expect(named.lines[0]).toBe('host,value,timestamp,score,lower,upper')
  expect(named.lines[1]).toMatch(/^a,5,1400000000,0,/)
  const bare = await score('1400000000,5\n')
  expect(bare.lines).toEqual(['timestamp,value,score,lower,upper', expect.stringMatching(/^1400000000,5,0,/)])
})

test('a missing value keeps its line', async () => {
  expect((await score('timestamp,value\n1,\n2,NaN\n')).lines.slice(1)).toEqual(['1,,0,,', '2,NaN,0,,'])
})

test('another detector by its name', async () => {
  const { told } = await score(`timestamp,value\n${FLAT.join('\n')}`, ['--detector', 'robust-z'])
  expect(told).toBe('warm from line 52 on\n')
})

test('a pattern that was trained elsewhere says what is usual from the first value on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-anomaly-'))
  const file = join(folder, 'pattern.json')
  const hourly = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `${1_400_000_400 + (from + i) * 3600},${((from + i) % 24) * 10}`).join(
      '\n',
    )
  try {
    const trained = await run(`timestamp,value\n${hourly(0, 20 * 24)}\n`, ['train', '--period', '1d'])
    writeFileSync(file, trained.lines[0])
    const { lines } = await score(hourly(480, 580), ['--detector', 'seasonal', '--pattern', file])
    for (const line of lines.slice(50)) {
      const [, value, , lower, upper] = line.split(',').map(Number)
      expect(Math.abs(value - (lower + upper) / 2)).toBeLessThan(10)
    }
    writeFileSync(file, '{}')
    await expect(score('1,2', ['--detector', 'seasonal', '--pattern', file])).rejects.toThrow('is no pattern')
    await expect(score('1,2', ['--detector', 'ewma', '--pattern', file])).rejects.toThrow(
      'goes with --detector combined or seasonal',
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a series too short to be trained on is refused with what is missing', async () => {
  await expect(run('timestamp,value\n1,2\n3601,3\n', ['train'])).rejects.toThrow('no two turns')
})

test.each([
  ['2014-04-01 00:00:00', 1_396_310_400_000],
  ['2014-04-01T00:00:00.123456Z', 1_396_310_400_123],
  ['2014-04-01T02:00:00+02:00', 1_396_310_400_000],
  ['2014-04-01', 1_396_310_400_000],
  ['1396310400', 1_396_310_400_000],
  ['1396310400000', 1_396_310_400_000],
  ['1396310400000000', 1_396_310_400_000],
  ['1396310400000000000', 1_396_310_400_000],
  ['04/01/2014', Number.NaN],
])('the time %s', (written, timeMs) => {
  expect(parseTime(written)).toBe(timeMs)
})
