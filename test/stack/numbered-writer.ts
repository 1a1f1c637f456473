import { setTimeout as sleep } from 'node:timers/promises'
import { asTidemarkError } from '../../schemas/errors.js'
import type { Log } from '../../schemas/ports/log.js'
import { bytesOf } from '../contract/recording-reader.js'
import { POINTS } from './kafka-stage.js'

/** What a writer got done. */
export interface NumberedWriter {
  /** Texts of its records that were acknowledged: `partition:number`. */
  acknowledged: string[]
  /** Errors that it met, as `code retriable` or `code final`. */
  failures: Set<string>
  stop(): Promise<void>
}

/** Appends numbered records one after the other to a partition until it is told to stop; what fails is tried again. */
export function startWriter(log: Log, partition: number): NumberedWriter {
  const acknowledged: string[] = []
  const failures = new Set<string>()
  let isStopped = false
  const done = (async () => {
    for (let number = 0; !isStopped; ) {
      try {
        await log.append(POINTS, [{ partition, value: bytesOf(`${partition}:${number}`) }])
        acknowledged.push(`${partition}:${number++}`)
      } catch (thrown) {
        const { code, retriable } = asTidemarkError(thrown)
        failures.add(`${code} ${retriable ? 'retriable' : 'final'}`)
        await sleep(100)
      }
      await sleep(5)
    }
  })()
  return {
    acknowledged,
    failures,
    stop: () => {
      isStopped = true
      return done
    },
  }
}
