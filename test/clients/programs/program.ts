import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const MOST_OUTPUT = 500

/** A program of the system, run for a test. */
export class Program {
  /** What it has written, newest last, for when a test fails. */
  readonly output: string[] = []
  readonly #child: ChildProcess
  readonly #name: string

  /** @throws if there is no such program, once {@link until} is called */
  constructor(name: string, args: readonly string[]) {
    this.#name = name
    this.#child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.on('error', (error) => this.output.push(`${error.message}; infra/install-test-programs.sh installs it`))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output.push(chunk.toString())
        if (this.output.length > MOST_OUTPUT) this.output.shift()
      })
    }
  }

  /** Waits until `url` answers. @throws with the program's output if it does not */
  async answers(url: string, withinMs = 20_000): Promise<this> {
    for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(100)) {
      if (this.#child.exitCode !== null || this.#child.pid === undefined) break
      const answer = await fetch(url).catch(() => undefined)
      if (answer?.ok) return this
    }
    throw new Error(`${this.#name} does not answer at ${url}:\n${this.output.join('')}`)
  }

  /** Resolves with its exit status once it has ended by itself. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    return this.#child.exitCode
  }

  /** Ends it and waits for that. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}

/** A folder for one test that other users may enter: as root, the catalog runs under one of its own. */
export function scratchFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-clients-'))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Waits until `problem` finds none. @throws the last problem */
export async function untilNone(problem: () => Promise<string | undefined>, withinMs: number): Promise<void> {
  let last: string | undefined
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(500)) {
    last = await problem()
    if (last === undefined) return
  }
  throw new Error(`still so after ${withinMs} ms: ${last}`)
}
