import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { constants, createWriteStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { arch, platform, setPriority } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'

const run = promisify(execFile)

const VERSION = 'v1.5.1'
const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@${VERSION}`
/** Packages that Go compiles for it, its standard library included; makes lines of output a percentage. */
const GO_PACKAGES = 1298
/** An address that does not answer within this is not waited for, ms. */
const ANSWER_MS = 10_000
const DOWNLOAD_MS = 180_000
const COMPILE_MS = 20 * 60_000
const ARCHIVE_BYTES_LIMIT = 300 << 20
/** Compiling gives way to whatever else this machine does. */
const COMPILE_NICENESS = 10

/** What an installation is doing. */
export interface InstallProgress {
  phase: 'downloading' | 'compiling'
  /** 0 to 100; undefined where the size of the work is not known. */
  percent?: number
  elapsedMs: number
}

/** Where Temporal publishes its CLI (docs.temporal.io/cli/setup-cli). */
export const TEMPORAL_ARCHIVES = 'https://temporal.download/cli/archive'

/** Where to install to, and what may be used for it. */
export interface InstallOptions {
  /** Address of the published archives: TEMPORAL_ARCHIVES, or a mirror. */
  archives: string
  /** Folder that the program ends up in. */
  binDir: string
  /** Folders in which `go` is looked for. */
  searchPath: string[]
  /** Environment of the Go compiler. */
  env: NodeJS.ProcessEnv
  clock: Clock
  onProgress(progress: InstallProgress): void
  /** Ends the installation. */
  signal: AbortSignal
}

/** The first executable of that name in the folders. */
export async function findProgram(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return undefined
}

/**
 * Brings the Temporal CLI into `binDir`: as the published archive, else compiled by Go. What does not run is not kept.
 * @returns path of the program
 * @throws TM_TEMPORAL_MISSING with what was tried and the command that does it by hand
 */
export async function installTemporal(options: InstallOptions): Promise<string> {
  const staging = join(options.binDir, '.temporal-install')
  const tried: string[] = []
  try {
    for (const attempt of [download, compile]) {
      await rm(staging, { recursive: true, force: true })
      await mkdir(staging, { recursive: true })
      try {
        await attempt(options, staging)
        const program = join(staging, 'temporal')
        await run(program, ['--version'], { timeout: ANSWER_MS })
        const target = join(options.binDir, 'temporal')
        await rename(program, target)
        return target
      } catch (thrown) {
        tried.push(`${attempt.name} failed (${reasonOf(thrown)})`)
        if (options.signal.aborted) break
      }
    }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  throw await missing(tried.join(', '), options)
}

/** TM_TEMPORAL_MISSING with the one command that puts the program where it is looked for on this machine. */
export async function missing(
  reason: string,
  { binDir, searchPath, archives }: Pick<InstallOptions, 'binDir' | 'searchPath' | 'archives'>,
): Promise<TidemarkError> {
  const hasGo = (await findProgram('go', searchPath)) !== undefined
  const byGo = `GOBIN='${binDir}' go install ${GO_PACKAGE}`
  const byArchive = `mkdir -p '${binDir}' && curl -fL '${archiveUrl(archives)}' | tar -xz -C '${binDir}' temporal`
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason, fix: hasGo ? byGo : byArchive })
}

function archiveUrl(archives: string): string {
  return `${archives}/${VERSION}?platform=${platform()}&arch=${arch() === 'x64' ? 'amd64' : arch()}`
}

async function download({ archives, clock, onProgress, signal }: InstallOptions, staging: string): Promise<void> {
  const startedMs = clock()
  const impatience = new AbortController()
  const timer = setTimeout(() => impatience.abort(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS)
  const response = await fetch(archiveUrl(archives), {
    signal: AbortSignal.any([signal, impatience.signal, AbortSignal.timeout(DOWNLOAD_MS)]),
  }).finally(() => clearTimeout(timer))
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`)
  const total = Number(response.headers.get('content-length') ?? 0)
  let bytes = 0
  const archive = join(staging, 'temporal.tar.gz')
  await pipeline(
    Readable.fromWeb(response.body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        if (bytes === 0 && !isGzip(chunk)) throw new Error('what came is not an archive')
        bytes += chunk.length
        if (bytes > ARCHIVE_BYTES_LIMIT) throw new Error(`the archive has more than ${ARCHIVE_BYTES_LIMIT} bytes`)
        onProgress({
          phase: 'downloading',
          percent: total ? (100 * bytes) / total : undefined,
          elapsedMs: clock() - startedMs,
        })
        yield chunk
      }
    },
    createWriteStream(archive),
  )
  await run('tar', ['-xzf', archive, '-C', staging, 'temporal'])
}

function isGzip(chunk: Uint8Array): boolean {
  return chunk[0] === 0x1f && chunk[1] === 0x8b
}

async function compile({ searchPath, env, clock, onProgress, signal }: InstallOptions, staging: string): Promise<void> {
  const go = await findProgram('go', searchPath)
  if (!go) throw new Error('no Go on PATH')
  const startedMs = clock()
  const child = spawn(go, ['install', '-v', GO_PACKAGE], {
    env: { ...env, GOBIN: staging },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(COMPILE_MS)]),
    killSignal: 'SIGINT',
  })
  const exited = exitOf(child)
  if (child.pid !== undefined) setPriority(child.pid, COMPILE_NICENESS)
  let compiled = 0
  let last = ''
  let progress: Omit<InstallProgress, 'elapsedMs'> = { phase: 'compiling' }
  const report = () => onProgress({ ...progress, elapsedMs: clock() - startedMs })
  report()
  // Linking takes its time without a word.
  const ticks = setInterval(report, 1_000)
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line
    const isDownload = line.startsWith('go: downloading')
    if (!isDownload) compiled++
    const percent = Math.min(99, (100 * compiled) / GO_PACKAGES)
    progress = isDownload ? { phase: 'downloading' } : { phase: 'compiling', percent }
    report()
  })
  const code = await exited.finally(() => clearInterval(ticks))
  if (code !== 0) throw new Error(`go install ended with ${code}: ${last}`)
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signalName) => resolve(code ?? signalName ?? 'unknown'))
  })
}

/** The reason in one line; fetch hides it in the cause. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const inner = thrown.cause instanceof Error ? thrown.cause.message : thrown.message
  return inner.split('\n')[0]
}
