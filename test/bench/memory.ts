import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type Bench, CannotRun } from './bench.js'
import { pause, startServer } from './server.js'

const PROGRESS_EVERY_SECONDS = 10

/** What a server takes that only collects its own host's metrics. */
export const memory: Bench = {
  name: 'memory',
  about: 'memory of an idle server, every process of it together, after --idle seconds',
  async run(context) {
    if (!existsSync('/proc/self/smaps_rollup'))
      throw new CannotRun('this machine has no /proc/*/smaps_rollup: memory is read from there')
    const server = await startServer(context)
    try {
      for (let left = context.idleSeconds; left > 0; left -= PROGRESS_EVERY_SECONDS) {
        context.progress(`idle for another ${left} s`)
        await pause(Math.min(left, PROGRESS_EVERY_SECONDS) * 1000)
      }
      const processes = processTree(server.pid).map(memoryOf)
      for (const { name, pssBytes, rssBytes } of processes)
        context.progress(`${megabytes(pssBytes)} MB (RSS ${megabytes(rssBytes)})  ${name}`)
      const total = (part: 'pssBytes' | 'rssBytes') => processes.reduce((sum, one) => sum + one[part], 0) / 1e6
      return [
        { key: 'memory pss', unit: 'MB', values: [total('pssBytes')] },
        { key: 'memory rss', unit: 'MB', values: [total('rssBytes')] },
      ]
    } finally {
      await server.stop()
    }
  },
}

interface ProcessMemory {
  name: string
  /** Its share of what it has in common with others, and all that it has mapped in. */
  pssBytes: number
  rssBytes: number
}

function memoryOf(pid: number): ProcessMemory {
  const name = readProc(pid, 'cmdline').replaceAll('\0', ' ').slice(0, 80)
  const rollup = readProc(pid, 'smaps_rollup')
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) * 1024
  return { name, pssBytes: bytes('Pss'), rssBytes: bytes('Rss') }
}

/** A process and all its descendants. */
function processTree(root: number): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parentOf = new Map(pids.map((pid) => [pid, Number(/^PPid:\s+(\d+)/m.exec(readProc(pid, 'status'))?.[1] ?? 0)]))
  const tree = [root]
  for (const ancestor of tree) tree.push(...pids.filter((pid) => parentOf.get(pid) === ancestor))
  return tree
}

/** A file of a process, empty if the process has ended. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
