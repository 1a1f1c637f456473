import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Errand, Told } from './fuzz-process.js'
import type { Tally } from './tally.js'

/** How an errand ended: as it should, or at a query; `isOver` if nothing behind that can be asked. */
export type ErrandEnd = { tally: Tally } | { brokenAt: number; reason: string; isOver: boolean }

/** A query that is not done by then never will be, ms. */
const HANG_MS = 60_000
const HEAP_MB = 1024

/** A process that asks queries, so that one that hangs or takes all memory is found and named. */
export class Worker {
  #child: ChildProcess | undefined

  /** @param onQuery is called as each query begins */
  run(errand: Errand, onQuery: () => void): Promise<ErrandEnd> {
    this.#child ??= fork(fileURLToPath(new URL('./fuzz-process.js', import.meta.url)), {
      execArgv: ['--enable-source-maps', `--max-old-space-size=${HEAP_MB}`],
    })
    const child = this.#child
    return new Promise((resolve) => {
      let at = errand.from
      const finish = (end: ErrandEnd) => {
        clearTimeout(patience)
        child.removeAllListeners()
        resolve(end)
      }
      const broken = (reason: string) => {
        child.kill('SIGKILL')
        this.#child = undefined
        finish({ brokenAt: at, reason, isOver: false })
      }
      const patience = setTimeout(() => broken(`it is not done after ${HANG_MS / 1000} s`), HANG_MS)
      child.on('exit', (code, signal) => broken(`the process ended (${signal ?? code})`))
      child.on('message', (told: Told) => {
        if ('tally' in told) return finish(told)
        if ('failure' in told) return finish({ brokenAt: at, reason: told.failure, isOver: true })
        at = told.query
        patience.refresh()
        onQuery()
      })
      child.send(errand)
    })
  }

  close(): void {
    this.#child?.disconnect()
  }
}
