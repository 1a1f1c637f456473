import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { processEnvironment } from '../../schemas/config/load.js'
import { TidemarkError } from '../../schemas/errors.js'
import { definitions } from './definitions.js'
import { NOTES_FILE, type Notes, readNotes, writeNotes } from './notes.js'
import { PART_NAMES, type PartName, type Place, type StackConfig } from './part.js'
import { freePort } from './ports.js'
import { isAlive, killAndWait, markOf } from './processes.js'
import { createServer, type StackPart } from './server.js'

/** What is started, and where. */
export interface StackOptions {
  /** Folder of all data, logs and notes; made if missing. What is in it is used again. */
  dir: string
  /** All of them unless given. */
  parts?: readonly PartName[]
  log(line: string): void
}

/** Servers that run. */
export interface Stack {
  /** Settings of Tidemark that point at them. */
  config: StackConfig
  /** Throws if it was not started. */
  part(name: PartName): StackPart
  /** Stops all cleanly; data stay. */
  stop(): Promise<void>
}

/**
 * Installs what is missing, ends what a killed run left in the folder, starts the parts on free ports of the loopback
 * (those of the run before, where they are free) and waits until all serve. The servers end with this process, whatever ends it.
 * @throws TM_STACK_BUSY while another process runs a stack in the folder, TM_STACK_INSTALL, TM_STACK_START
 */
export async function startStack({ dir, parts = PART_NAMES, log }: StackOptions): Promise<Stack> {
  const home = resolve(dir)
  mkdirSync(home, { recursive: true })
  const notes = readNotes(home)
  await claim(home, notes)
  await installParts(parts, log)
  const servers = new Map<PartName, StackPart>()
  const configs: StackConfig[] = []
  const taken = new Set<number>()
  for (const name of parts) {
    const place = await placeOf(home, name, notes, taken)
    configs.push(definitions[name].config(place))
    servers.set(name, serverOf({ name, place, home, notes, log }))
  }
  const stop = async () => {
    await Promise.all([...servers.values()].map((server) => server.stop()))
    notes.owner = undefined
    writeNotes(home, notes)
  }
  const started = await Promise.allSettled([...servers.values()].map((server) => startAndSay(server, log)))
  const failed = started.find((outcome) => outcome.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  return { config: Object.assign({}, ...configs), part: (name) => partOf(servers, name), stop }
}

/** Installs what the parts need, one after the other. @throws TM_STACK_INSTALL */
export async function installParts(parts: readonly PartName[], log: (line: string) => void): Promise<void> {
  for (const name of parts) await definitions[name].install(log)
}

/**
 * Drops what a stack keeps in the folder, and nothing else that is there.
 * @throws TM_STACK_BUSY while a process runs a stack in it
 */
export async function dropStack(dir: string): Promise<void> {
  const home = resolve(dir)
  await endLeftOvers(home, readNotes(home))
  const made = PART_NAMES.flatMap((name) => [name, logOf(name)])
  for (const name of [...made, NOTES_FILE]) rmSync(join(home, name), { recursive: true, force: true })
}

async function claim(home: string, notes: Notes): Promise<void> {
  await endLeftOvers(home, notes)
  notes.owner = markOf(process.pid)
  writeNotes(home, notes)
}

async function endLeftOvers(home: string, notes: Notes): Promise<void> {
  const { owner, parts } = notes
  if (owner && isAlive(owner)) throw new TidemarkError('TM_STACK_BUSY', { dir: home, pid: String(owner.pid) })
  for (const part of Object.values(parts)) {
    if (part.process) await killAndWait(part.process)
    part.process = undefined
  }
}

async function placeOf(home: string, name: PartName, notes: Notes, taken: Set<number>): Promise<Place> {
  const before = notes.parts[name]
  const port = await freePort(before?.port, taken)
  const innerPort = await freePort(before?.innerPort, taken)
  notes.parts[name] = { port, innerPort }
  return { folder: join(home, name), port, innerPort }
}

/** What a server is made from. */
interface ServerSeed {
  name: PartName
  place: Place
  home: string
  notes: Notes
  log(line: string): void
}

function serverOf({ name, place, home, notes, log }: ServerSeed): StackPart {
  const logFile = join(home, logOf(name))
  return createServer({
    name,
    definition: definitions[name],
    place,
    env: processEnvironment(),
    logFile,
    onProcess(mark) {
      notes.parts[name] = { port: place.port, innerPort: place.innerPort, process: mark }
      writeNotes(home, notes)
    },
    onDeath: (reason) => log(`${name} ${reason}, though nobody asked it to: see ${logFile}`),
  })
}

function logOf(name: PartName): string {
  return `${name}.log`
}

async function startAndSay(server: StackPart, log: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  await server.start()
  log(`${server.name} serves on ${server.address} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
}

function partOf(servers: Map<PartName, StackPart>, name: PartName): StackPart {
  const server = servers.get(name)
  if (!server) throw new Error(`${name} is not among the parts that were started: ${[...servers.keys()].join(', ')}`)
  return server
}
