import { Fault } from '../fault.js'

/** What reading receivers needs of the outside. */
export interface Surroundings {
  /** Text of a file that the configuration names; relative to the configuration. Throws if it cannot be read. */
  readFile(path: string): string
  /** Told of what has no meaning here, and may be left out without anybody missing a call. */
  warn(text: string): void
}

/**
 * A part of Alertmanager's file whose keys are read one by one: each has a meaning, or is told to have none. What nobody
 * asked for is a mistake.
 */
export class Section {
  readonly where: string
  readonly #values: Readonly<Record<string, unknown>>
  readonly #around: Surroundings
  readonly #read = new Set<string>()

  constructor(value: unknown, where: string, around: Surroundings) {
    // An empty part is null in YAML.
    if (value !== null && value !== '' && (typeof value !== 'object' || Array.isArray(value)))
      throw new Fault(where, 'it has no keys', "write it as Alertmanager's documentation says")
    this.where = where
    this.#values = (value || {}) as Record<string, unknown>
    this.#around = around
  }

  keys(): string[] {
    return Object.keys(this.#values)
  }

  has(key: string): boolean {
    const value = this.#values[key]
    return value !== undefined && value !== ''
  }

  /** A text; undefined if it is left out or empty. */
  text(key: string): string | undefined {
    this.#read.add(key)
    const value = this.#values[key]
    if (value === undefined || value === '') return undefined
    if (typeof value === 'string') return value
    throw this.fault(key, 'it is no text', 'write a text')
  }

  /** A text that says where a message goes: it cannot depend on what the message says. */
  address(key: string): string | undefined {
    const value = this.text(key)
    if (!value?.includes('{{')) return value
    const fix = 'write it out, with a route and a receiver for each value'
    throw this.fault(key, 'it is a template, and nobody would get the message', fix)
  }

  /** As `address`; or what the file that `<key>_file` names says. */
  secret(key: string): string | undefined {
    const path = this.text(`${key}_file`)
    const value = this.address(key)
    if (path === undefined) return value
    if (value !== undefined) throw this.fault(`${key}_file`, `${key} is given too`, 'give one of them')
    try {
      return this.#around.readFile(path).trim()
    } catch (cause) {
      throw this.fault(`${key}_file`, (cause as Error).message, 'name a file that this process may read')
    }
  }

  flag(key: string): boolean | undefined {
    const value = this.text(key)
    if (value === undefined) return undefined
    if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
    throw this.fault(key, `"${value}" is neither true nor false`, 'write true or false')
  }

  /** A part of this one; an empty one if it is left out. */
  section(key: string): Section {
    this.#read.add(key)
    return new Section(this.#values[key] ?? null, `${this.where}.${key}`, this.#around)
  }

  /** One of a list's parts. */
  item(key: string, place: number): Section {
    return new Section(this.list(key)[place], `${this.where}.${key}.${place}`, this.#around)
  }

  list(key: string): readonly unknown[] {
    this.#read.add(key)
    const value = this.#values[key] ?? []
    if (Array.isArray(value)) return value
    throw this.fault(key, 'it is no list', 'write a list')
  }

  /** Keys that have no meaning here: they are told, if they are there. @param why what counts in their place */
  ignore(why: string, ...keys: string[]): void {
    for (const key of keys) {
      this.#read.add(key)
      if (this.has(key)) this.#around.warn(`${this.where}.${key} has no meaning here: ${why}`)
    }
  }

  /** Keys that are read elsewhere, or need not be. */
  know(...keys: string[]): void {
    for (const key of keys) this.#read.add(key)
  }

  /** Keys without which a message would not arrive, or at somebody else, and that are not understood. */
  refuse(reason: string, fix: string, ...keys: string[]): void {
    for (const key of keys) {
      this.#read.add(key)
      if (this.has(key)) throw this.fault(key, reason, fix)
    }
  }

  /** Says something of a key that is read. */
  warn(key: string, text: string): void {
    this.#around.warn(`${this.where}.${key}: ${text}`)
  }

  /** @throws a fault at the first key that nobody asked for */
  end(): void {
    const unknown = Object.keys(this.#values).find((key) => !this.#read.has(key))
    if (unknown !== undefined) throw this.fault(unknown, 'there is no such key', 'look for a slip of the pen')
  }

  fault(key: string, reason: string, fix: string): Fault {
    return new Fault(`${this.where}.${key}`, reason, fix)
  }
}
