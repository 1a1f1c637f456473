import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import { readDispatchConfig } from '../alerting/dispatch/config/read-config.js'
import { asTidemarkError, TidemarkError } from '../schemas/errors.js'

/** The file that says who is told of which alerts; changes are taken over while the process runs. */
export class RoutesFile {
  readonly #path: string
  #version: string
  #standing: DispatchConfig

  /** @throws TM_DISPATCH_FILE */
  constructor(path: string) {
    this.#path = path
    this.#version = versionOf(path)
    this.#standing = readFile(path)
  }

  /** As it stands; the same object as long as nothing changed. */
  current(): DispatchConfig {
    return this.#standing
  }

  /** Takes over what was changed. @returns whether anything was @throws TM_DISPATCH_FILE if it cannot be used; what counted before stays */
  follow(): boolean {
    const found = versionOf(this.#path)
    if (found === this.#version) return false
    this.#version = found
    this.#standing = readFile(this.#path)
    return true
  }
}

function versionOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path)
    return `${mtimeMs} ${size} ${ino}`
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function readFile(path: string): DispatchConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
  // As Alertmanager does: files that it names lie where it lies.
  return readDispatchConfig(text, path, (named) => readFileSync(resolve(dirname(path), named), 'utf8'))
}

function unreadable(path: string, cause: unknown): TidemarkError {
  const details = { file: path, where: 'alerting.dispatch_file', reason: asTidemarkError(cause).message }
  return new TidemarkError('TM_DISPATCH_FILE', { ...details, fix: 'name a file that this process may read' }, cause)
}
