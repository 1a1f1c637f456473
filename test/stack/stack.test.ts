import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readNotes } from '../../infra/stack/notes.js'
import { PART_NAMES, type PartName } from '../../infra/stack/part.js'
import { isAlive } from '../../infra/stack/processes.js'
import { dropStack, type Stack, startStack } from '../../infra/stack/start.js'
import { bundledStack } from './bundled-stack.js'
import { witnesses } from './witnesses.js'

let dir: string
let stack: Stack | undefined
let runner: ChildProcess | undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ts-'))
})

afterEach(async () => {
  runner?.kill('SIGKILL')
  await stack?.stop()
  stack = undefined
  rmSync(dir, { recursive: true, force: true })
})

async function start(parts: readonly PartName[]): Promise<Stack> {
  stack = await startStack({ dir, parts, log: () => undefined })
  return stack
}

test('what was left in every server is there after a stop and a start, on the same ports', async () => {
  const first = await start(PART_NAMES)
  const before = first.config
  for (const name of PART_NAMES) await witnesses[name](before).leave()
  await first.stop()
  expect(PART_NAMES.map((name) => first.part(name).pid())).toEqual(PART_NAMES.map(() => undefined))

  const second = await start(PART_NAMES)
  expect(second.config).toEqual(before)
  for (const name of PART_NAMES) expect([name, await witnesses[name](before).finds()]).toEqual([name, true])
})

test('a server that was killed starts again on the same port with what it had stored', async () => {
  const { config, part } = await start(PART_NAMES)
  for (const name of PART_NAMES) {
    const server = part(name)
    const killed = server.pid()
    const { leave, finds } = witnesses[name](config)
    await leave()
    await server.kill()
    expect(server.pid()).toBeUndefined()
    await server.start()
    expect(server.pid()).not.toBe(killed)
    expect([name, await finds()]).toEqual([name, true])
  }
})

test('a server that is paused answers once it is resumed', async () => {
  const { config, part } = await start(['redis'])
  const { leave, finds } = witnesses.redis(config)
  await leave()
  part('redis').pause()
  let isAnswered = false
  const answer = finds().finally(() => {
    isAnswered = true
  })
  await untilHalted(part('redis').pid())
  expect(isAnswered).toBe(false)
  part('redis').resume()
  expect(await answer).toBe(true)
})

test('a paused server can be stopped', async () => {
  const { part } = await start(['redis'])
  part('redis').pause()
  await part('redis').stop()
  expect(part('redis').pid()).toBeUndefined()
})

test('a server that dies by itself is named, with the place of its log', async () => {
  const lines: string[] = []
  stack = await startStack({ dir, parts: ['redis'], log: (line) => lines.push(line) })
  process.kill(stack.part('redis').pid() ?? 0, 'SIGKILL')
  while (lines.length < 2) await sleep(20)
  expect(lines[1]).toBe(`redis ended with SIGKILL, though nobody asked it to: see ${dir}/redis.log`)
})

test('a server that cannot start is named with what it said', async () => {
  mkdirSync(join(dir, 'redis', 'appendonlydir'), { recursive: true })
  writeFileSync(join(dir, 'redis', 'appendonlydir', 'appendonly.aof.manifest'), 'not a manifest\n')
  await expect(start(['redis', 'victoriametrics'])).rejects.toMatchObject({
    code: 'TM_STACK_START',
    message: expect.stringContaining('AOF manifest'),
    hint: expect.stringContaining(`${dir}/redis.log`),
  })
  const { parts } = readNotes(dir)
  for (const name of ['redis', 'victoriametrics'] as const) expect(isAlive(parts[name]!.process!)).toBe(false)
})

test('of two stacks in one folder the second is refused while the first runs', async () => {
  await start(['redis'])
  const second = startStack({ dir, parts: ['redis'], log: () => undefined })
  await expect(second).rejects.toMatchObject({ code: 'TM_STACK_BUSY', details: { pid: String(process.pid) } })
  await expect(dropStack(dir)).rejects.toMatchObject({ code: 'TM_STACK_BUSY' })
})

test('dropping a stack leaves what is not its own', async () => {
  const { stop } = await start(['redis'])
  await stop()
  writeFileSync(join(dir, 'mine.txt'), 'kept')
  await dropStack(dir)
  expect(existsSync(join(dir, 'redis'))).toBe(false)
  expect(readNotes(dir)).toEqual({ parts: {} })
  expect(readFileSync(join(dir, 'mine.txt'), 'utf8')).toBe('kept')
})

test('no server outlives a stack that was killed, and the next start goes on with the data', async () => {
  const script = await bundledStack()
  runner = spawn(process.execPath, [script, '--dir', dir, '--only', 'redis,postgres'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await untilPrinted(runner, 'Ctrl-C')
  const marks = Object.values(readNotes(dir).parts).map((part) => part.process!)
  expect(marks.map(isAlive)).toEqual([true, true])
  runner.kill('SIGKILL')
  for (const mark of marks) while (isAlive(mark)) await sleep(20)
  const { part } = await start(['redis', 'postgres'])
  expect(part('postgres').pid()).toBeGreaterThan(0)
})

test('Ctrl-C ends it cleanly, and its config file names what ran', async () => {
  const script = await bundledStack()
  runner = spawn(process.execPath, [script, '--dir', dir, '--only', 'redis'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await untilPrinted(runner, 'Ctrl-C')
  const exited = new Promise((resolve) => runner?.once('exit', resolve))
  runner.kill('SIGINT')
  // As npm passes on what the terminal has sent already.
  runner.kill('SIGINT')
  expect(await exited).toBe(0)
  const { port } = readNotes(dir).parts.redis!
  expect(readFileSync(join(dir, 'tidemark.yaml'), 'utf8')).toContain(`url: redis://127.0.0.1:${port}`)
  expect(readFileSync(join(dir, 'redis.log'), 'utf8')).toContain('bye bye')
})

function untilPrinted(child: ChildProcess, wanted: string): Promise<void> {
  let printed = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (text) => {
      printed += text
      if (printed.includes(wanted)) resolve()
    })
    child.once('exit', () => reject(new Error(`ended without "${wanted}": ${printed}`)))
  })
}

async function untilHalted(pid = 0): Promise<void> {
  while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T ')) await sleep(5)
}
