import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How long a server may take to end before it is killed, ms. */
const STOP_MS = 5_000
const POLL_MS = 50
/** Lines of output that are kept to say why a server ended. */
const KEPT_LINES = 20

/** What is started, and where. */
export interface LaunchOptions {
  program: string
  /** Folder of the database and of the note about the running process; absolute. */
  folder: string
  namespace: string
  /** Environment of the child. */
  env: NodeJS.ProcessEnv
  onLine(line: string): void
}

/** A server that was launched; it may not answer yet. */
export interface TemporalProcess {
  pid: number
  address: string
  /** Resolves when the process is gone, with its last lines. */
  exited: Promise<string[]>
  /** Ends it, by force if it does not go. */
  stop(): Promise<void>
}

/** The note that finds an orphan again after this process was killed, and the port that the next start prefers. */
interface Note {
  pid: number
  port: number
}

/** Go's collector works harder, so that the server's heap stays near what is alive. The caller's own setting wins. */
const FRUGAL = { GOGC: '50', GOMEMLIMIT: '96MiB' }

/** Caches sized for tens of workflows instead of thousands, and one partition a task queue: fewer pollers, fewer wake-ups. */
const DYNAMIC_CONFIG = {
  'history.hostLevelCacheMaxSize': 64,
  'history.eventsHostLevelCacheMaxSizeBytes': 4 << 20,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
}

/**
 * Starts a Temporal server on a free port of the loopback, after ending the one that an earlier, killed process of ours
 * may have left on the same database. The port stays the same from start to start where it is free.
 */
export async function launchTemporal({
  program,
  folder,
  namespace,
  env,
  onLine,
}: LaunchOptions): Promise<TemporalProcess> {
  await mkdir(folder, { recursive: true })
  const notePath = join(folder, 'server.json')
  const note = readNote(notePath)
  if (note) await endOrphan(note, folder)
  const port = await freePort(note?.port)
  const settings = Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${value}`,
  ])
  const child = spawn(
    program,
    [
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--db-filename',
      databaseIn(folder),
    ]
      .concat(['--log-level', 'warn', '--log-format', 'json', '--namespace', namespace])
      .concat(settings),
    // A process group of its own: Ctrl-C in the terminal reaches us alone, and we end the server last.
    { env: { ...FRUGAL, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  )
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      onLine(line)
    })
  }
  const exited = new Promise<string[]>((resolve) => {
    child.once('error', (error) => resolve([error.message]))
    child.once('close', () => resolve(lines))
  })
  if (child.pid === undefined) return { pid: 0, address: '', exited, stop: async () => undefined }
  writeFileSync(notePath, JSON.stringify({ pid: child.pid, port } satisfies Note))
  const stop = () => stopChild(child, exited)
  return { pid: child.pid, address: `127.0.0.1:${port}`, exited, stop }
}

/** Path of the server's SQLite file. */
export function databaseIn(folder: string): string {
  return join(folder, 'temporal.db')
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(force)
}

function readNote(path: string): Note | undefined {
  try {
    const { pid, port } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Note>
    return Number.isInteger(pid) && Number.isInteger(port) ? { pid: pid as number, port: port as number } : undefined
  } catch {
    return undefined
  }
}

/** Ends the noted process if it is ours: its command line names our database. Any other process of that id is left alone. */
async function endOrphan({ pid }: Note, folder: string): Promise<void> {
  const isOurs = async () => (await commandLine(pid)).includes(databaseIn(folder))
  if (!(await isOurs())) return
  end(pid, 'SIGTERM')
  for (let waited = 0; waited < 2 * STOP_MS; waited += POLL_MS) {
    await sleep(POLL_MS)
    if (!(await isOurs())) return
    if (waited === STOP_MS) end(pid, 'SIGKILL')
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (thrown) {
    // It went by itself meanwhile.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

/** Command line of a process; empty if there is none, or if it has ended and nobody has asked for its status yet. */
async function commandLine(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return run('ps', ['-o', 'args=', '-p', String(pid)]).then(
      ({ stdout }) => stdout,
      () => '',
    )
  }
}

/** A port of the loopback that nobody listens on: the preferred one if it is free. */
async function freePort(preferred = 0): Promise<number> {
  const tryPort = (port: number) =>
    new Promise<number>((resolve, reject) => {
      const probe = createServer()
      probe.once('error', reject)
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address()
        probe.close(() => resolve(typeof address === 'object' && address ? address.port : port))
      })
    })
  return tryPort(preferred).catch(() => tryPort(0))
}
