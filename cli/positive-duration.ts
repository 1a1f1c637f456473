import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../schemas/config/duration.js'

/** Reads a duration that is longer than nothing, as ms. @param examples for who wrote something else */
export function positiveDuration(examples: string): (text: string) => number {
  return (text) => {
    let ms = 0
    try {
      ms = parseDuration(text)
    } catch {
      // Told below.
    }
    if (ms > 0) return ms
    throw new InvalidArgumentError(`Write a duration such as ${examples}.`)
  }
}
