import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import { bundleProgram } from '../bundle-program.js'
import { follow, textOf } from './recording-reader.js'
import { scratchFolder } from './scratch-folder.js'

const DAY_MS = 86_400_000

/** Runs the appending process and kills it in the midst. @returns the lines it had printed */
async function appendAndKill(script: string, folder: string): Promise<string[]> {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (text) => {
    printed += text
    if (printed.length > 1500) child.kill('SIGKILL')
  })
  await new Promise((resolve) => child.once('close', resolve))
  expect(child.signalCode).toBe('SIGKILL')
  return printed.split('\n').slice(0, -1)
}

test('every acknowledged record is there after a SIGKILL, whole, once and in order', async () => {
  const root = await scratchFolder()
  const folder = join(root, 'log')
  const script = join(root, 'append.mjs')
  await bundleProgram(join(import.meta.dirname, 'append-until-killed.ts'), script)
  const rounds = [await appendAndKill(script, folder), await appendAndKill(script, folder)]

  const log = new EmbeddedLog({
    folder,
    partitions: 2,
    retentionMs: { 'tidemark.points': DAY_MS, 'tidemark.windows': DAY_MS, 'tidemark.deadletter': DAY_MS },
    clock: Date.now,
  })
  const bounds = await log.bounds('tidemark.points')
  const { reader } = await follow(log, 'tidemark.points', 'g')
  await reader.reached(bounds.reduce((records, { start, end }) => records + end - start, 0))
  await log.close()

  for (const partition of [0, 1]) {
    const entries = reader.entries.get(partition)!
    expect(entries.map((entry) => entry.offset)).toEqual(entries.map((_, i) => i))
    expect(entries.every((entry) => entry.value.length === 20_000)).toBe(true)
    const stored = entries.map((entry) => textOf(entry).split(' ')[0])
    const acknowledged = rounds.map((lines) => lines.filter((line) => line.startsWith(`${partition}:`)))
    // Each process counts from 0; at most the one record that it was writing was never acknowledged.
    const second = stored.lastIndexOf(`${partition}:0`)
    for (const [round, own] of [stored.slice(0, second), stored.slice(second)].entries()) {
      expect(acknowledged[round].length).toBeGreaterThan(3)
      expect(own.slice(0, acknowledged[round].length)).toEqual(acknowledged[round])
      expect(own.length).toBeLessThanOrEqual(acknowledged[round].length + 8)
    }
  }
  await rm(root, { recursive: true })
})
