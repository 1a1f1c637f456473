import { createHash } from 'node:crypto'
import { type Kind, kindWord } from '../points.js'

/** A label pair: name, value. */
export type Label = readonly [name: string, value: string]

/** Labels as a plain object, the metric name not among them. */
export type Labels = Record<string, string>

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/**
 * One series: a kind, a metric name and a sorted label set.
 *
 * The identity is the canonical form: kind byte, then metric name, then each label's name and value in order of the
 * names (UTF-16 order), all separated by a zero byte. The id is the first 8 bytes (little-endian, signed) of the
 * SHA-256 of that form, so that any engine can compute it. Kind is a part of it: a reading and an occurrence of the
 * same name are never mixed into one window.
 */
export class Series {
  /** Signed 64-bit id, as it stands in Parquet and Postgres. */
  readonly id: bigint
  /** Low and high 32 bits of the id, unsigned, for hot paths. */
  readonly idLow: number
  readonly idHigh: number
  readonly canonical: Uint8Array
  #metric: string | undefined
  #labels: Label[] | undefined

  private constructor(canonical: Uint8Array, idLow: number, idHigh: number) {
    this.canonical = canonical
    this.idLow = idLow >>> 0
    this.idHigh = idHigh >>> 0
    this.id = joinId(this.idLow, this.idHigh)
  }

  /**
   * @param labels in any order; empty values are dropped, as in Prometheus an empty label is an absent one.
   * Names and values must hold no zero byte (the decoders refuse those) and names must be unique.
   */
  static of(metric: string, labels: Iterable<Label> | Labels, kind: Kind): Series {
    const pairs = (isIterable(labels) ? [...labels] : Object.entries(labels)).filter(([, value]) => value !== '')
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
    let text = `${String.fromCharCode(kind)}${metric}`
    for (const [name, value] of pairs) text += `\0${name}\0${value}`
    return Series.fromCanonical(plainBytes(Buffer.from(text)))
  }

  /** Takes over canonical bytes (not copied) and computes the id. */
  static fromCanonical(canonical: Uint8Array): Series {
    const digest = createHash('sha256').update(canonical).digest()
    return new Series(canonical, digest.readUInt32LE(0), digest.readUInt32LE(4))
  }

  /** Takes over canonical bytes whose id is known, as a log record or the catalog carries it. */
  static known(canonical: Uint8Array, idLow: number, idHigh: number): Series {
    return new Series(canonical, idLow, idHigh)
  }

  /** As {@link known}, with a copy of the bytes. */
  static copyOf(canonical: Uint8Array, idLow: number, idHigh: number): Series {
    return new Series(plainBytes(Buffer.from(canonical)), idLow, idHigh)
  }

  get kind(): Kind {
    return this.canonical[0] as Kind
  }

  get metric(): string {
    this.#metric ??= this.#decodeMetric()
    return this.#metric
  }

  /** Sorted by name. */
  get labels(): readonly Label[] {
    this.#labels ??= this.#decodeLabels()
    return this.#labels
  }

  /** Value of a label, '' if the series does not have it; `__name__` gives the metric. */
  label(name: string): string {
    if (name === '__name__') return this.metric
    for (const [key, value] of this.labels) if (key === name) return value
    return ''
  }

  /** For messages: `metric{a="b"}` and its kind if it is an event series. */
  toString(): string {
    const labels = this.labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')
    const suffix = kindWord(this.kind) === 'event' ? ' (event)' : ''
    return `${this.metric}{${labels}}${suffix}`
  }

  /** The name alone: whoever has many series needs their labels of few, and decoded labels take a kilobyte each. */
  #decodeMetric(): string {
    const end = this.canonical.indexOf(0, 1)
    return decoder.decode(this.canonical.subarray(1, end === -1 ? undefined : end))
  }

  #decodeLabels(): Label[] {
    const parts = decoder.decode(this.canonical.subarray(1)).split('\0')
    const labels: Label[] = []
    for (let i = 1; i + 1 < parts.length; i += 2) labels.push([parts[i], parts[i + 1]])
    return labels
  }
}

/** The signed 64-bit id of its two unsigned halves. */
export function joinId(low: number, high: number): bigint {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))
}

/** The unsigned 32-bit halves [low, high] of a signed 64-bit id. */
export function splitId(id: bigint): [low: number, high: number] {
  return [Number(id & 0xffffffffn), Number((id >> 32n) & 0xffffffffn)]
}

/**
 * The same bytes, not as a Buffer, whose `slice` gives views. They lie in Node's pool with those of others: a buffer of
 * their own for each series is what a collection of garbage would be busy with for most of its time.
 */
function plainBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

function isIterable(labels: Iterable<Label> | Labels): labels is Iterable<Label> {
  return typeof (labels as Iterable<Label>)[Symbol.iterator] === 'function'
}
