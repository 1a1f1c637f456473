import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  createTemporalServer,
  type ServerStatus,
  type TemporalServer,
  type TemporalServerOptions,
} from './temporal-server.js'

/** A stand-in for the Temporal CLI: it listens on --port, and keeps its database's first line in mind. */
const PROGRAM = `#!${process.execPath}
const args = process.argv.slice(2)
const given = (name) => args[args.indexOf(name) + 1]
if (args[0] === '--version') console.log('temporal version 1.5.1')
else {
  const fs = require('node:fs')
  const database = given('--db-filename')
  if (fs.existsSync(database) && fs.readFileSync(database, 'utf8') !== 'sqlite') {
    console.error('Error: file is not a database')
    process.exit(1)
  }
  fs.writeFileSync(database, 'sqlite')
  require('node:net').createServer().listen(Number(given('--port')), '127.0.0.1')
}
`
/** A stand-in for Go: "compiles" the above into GOBIN. */
const GO = `#!${process.execPath}
const fs = require('node:fs')
console.error('go: downloading example v1')
console.error('internal/abi')
fs.writeFileSync(process.env.GOBIN + '/temporal', ${JSON.stringify(PROGRAM)}, { mode: 0o755 })
`

let folder: string
let servers: TemporalServer[]
let mirror: Server | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-server-'))
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
  mirror?.close()
  mirror = undefined
  rmSync(folder, { recursive: true, force: true })
})

test('a program on PATH is started, and ended on close', async () => {
  put('path/temporal', PROGRAM)
  const server = serve()
  const { address, pid } = await reached(server, 'running')
  expect(await accepts(address as string)).toBe(true)
  await server.close()
  expect(server.status().state).toBe('closed')
  expect(isAlive(pid as number)).toBe(false)
})

test('a program in the data folder is as good', async () => {
  put('data/bin/temporal', PROGRAM)
  await reached(serve(), 'running')
})

test('a server that dies is started again, on the same port', async () => {
  put('path/temporal', PROGRAM)
  const server = serve()
  const first = await reached(server, 'running')
  process.kill(first.pid as number, 'SIGKILL')
  await until(() => server.status().state === 'running' && server.status().pid !== first.pid)
  expect(server.status().address).toBe(first.address)
})

test('the server that a killed process left behind is ended before another is started', async () => {
  put('path/temporal', PROGRAM)
  const database = join(folder, 'data', 'temporal', 'temporal.db')
  mkdirSync(join(folder, 'data', 'temporal'), { recursive: true })
  const orphan = spawn(join(folder, 'path', 'temporal'), ['server', '--db-filename', database, '--port', '0'], {
    stdio: 'ignore',
  })
  writeFileSync(join(folder, 'data', 'temporal', 'server.json'), JSON.stringify({ pid: orphan.pid, port: 0 }))
  const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)))
  await sleep(200)
  await reached(serve(), 'running')
  expect(await ended).toBe('SIGTERM')
})

test('a process that took over the id of our old server is left alone', async () => {
  put('path/temporal', PROGRAM)
  mkdirSync(join(folder, 'data', 'temporal'), { recursive: true })
  writeFileSync(join(folder, 'data', 'temporal', 'server.json'), JSON.stringify({ pid: process.pid, port: 0 }))
  await reached(serve(), 'running')
  expect(JSON.parse(readFileSync(join(folder, 'data', 'temporal', 'server.json'), 'utf8')).pid).not.toBe(process.pid)
})

test('without a program, and without leave to install one, it is paused and names the command', async () => {
  const { problem } = await reached(serve({ install: false }), 'paused')
  expect(problem?.message).toBe(
    `paused: no Temporal server: no "temporal" on PATH or in ${join(folder, 'data', 'bin')}`,
  )
  expect(problem?.hint).toMatch(
    /^mkdir -p '.*data\/bin' && curl -fL 'http.*v1\.5\.1\?platform=\w+&arch=\w+' \| tar -xz -C '.*' temporal$/,
  )
})

test('where Go is at hand, the command is the one that needs no download page', async () => {
  put('path/go', GO)
  const { problem } = await reached(serve({ install: false }), 'paused')
  expect(problem?.hint).toBe(
    `GOBIN='${join(folder, 'data', 'bin')}' go install github.com/temporalio/cli/cmd/temporal@v1.5.1`,
  )
})

test('once the user has mended it, it goes on by itself', async () => {
  const server = serve({ install: false })
  await reached(server, 'paused')
  put('path/temporal', PROGRAM)
  await reached(server, 'running')
})

test('a missing program is installed from the published archive, with progress', async () => {
  put('made/temporal', PROGRAM)
  execFileSync('tar', ['-czf', join(folder, 'temporal.tar.gz'), '-C', join(folder, 'made'), 'temporal'])
  const phases = new Set<string | undefined>()
  const archives = await serveArchive(200, readFileSync(join(folder, 'temporal.tar.gz')))
  await reached(serve({ archives, onChange: ({ progress }) => phases.add(progress?.phase) }), 'running')
  expect(phases).toContain('downloading')
})

test.each([
  ['is not there', 404, Buffer.from('no such version')],
  ['is a login page', 200, Buffer.from('<html>welcome to the hotel</html>')],
])('where the archive %s, Go compiles it, with progress', async (_why, status, body) => {
  put('path/go', GO)
  const phases = new Set<string | undefined>()
  const archives = await serveArchive(status, body)
  await reached(serve({ archives, onChange: ({ progress }) => phases.add(progress?.phase) }), 'running')
  expect(phases).toContain('compiling')
})

test('where neither works, it says what was tried and why', async () => {
  put('path/go', `#!${process.execPath}\nconsole.error('go: no route to host')\nprocess.exit(1)\n`)
  const archives = await serveArchive(503, Buffer.from(''))
  const { problem } = await reached(serve({ archives }), 'paused')
  expect(problem?.message).toContain(
    'download failed (HTTP 503), compile failed (go install ended with 1: go: no route to host)',
  )
})

test('a database that cannot be used is named, with the command that puts it aside', async () => {
  put('path/temporal', PROGRAM)
  put('data/temporal/temporal.db', 'torn to pieces')
  const { problem } = await reached(serve(), 'paused')
  const database = join(folder, 'data', 'temporal', 'temporal.db')
  expect(problem?.message).toContain(`its database ${database} cannot be used: Error: file is not a database`)
  expect(problem?.hint).toBe(`mv '${database}' '${database}.damaged'`)
})

function serve(changes: Partial<TemporalServerOptions> = {}): TemporalServer {
  const quiet = () => {}
  const server = createTemporalServer({
    dataDir: join(folder, 'data'),
    searchPath: [join(folder, 'path')],
    env: {},
    install: true,
    archives: 'http://127.0.0.1:9/archive',
    namespace: 'default',
    clock: Date.now,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    answers: accepts,
    // A hundred times faster than life.
    sleep: (ms, signal) => sleep(ms / 100, undefined, { signal }).catch(() => undefined),
    ...changes,
  })
  servers.push(server)
  server.start()
  return server
}

async function reached(server: TemporalServer, state: ServerStatus['state']): Promise<ServerStatus> {
  await until(() => server.status().state === state)
  return server.status()
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await sleep(2)) {
    if (Date.now() > deadline) throw new Error(`not in time: ${condition}`)
  }
}

function put(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text, { mode: 0o755 })
}

async function serveArchive(status: number, body: Buffer): Promise<string> {
  mirror = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => mirror?.listen(0, '127.0.0.1', resolve))
  const address = mirror.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/archive`
}

function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(':')
  return new Promise((resolve) => {
    const socket = connect(Number(port), host)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
