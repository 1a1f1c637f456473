import type { Fault } from './faults.js'
import { type FamilyType, isFamilyType, type MetadataLine, readNumber, type SampleLine } from './openmetrics-line.js'

/** The suffixes of a family's samples, by its type. */
const SUFFIXES: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  stateset: [''],
  info: ['_info'],
  summary: ['', '_count', '_sum', '_created'],
  unknown: [''],
}

/** One metric family while its lines are read: its metadata, and what it allows its samples to be. */
export class Family {
  readonly name: string
  #type: FamilyType | undefined
  #unit: string | undefined
  #hasHelp = false

  constructor(name: string) {
    this.name = name
  }

  get type(): FamilyType {
    return this.#type ?? 'unknown'
  }

  /** The names that its samples may have. */
  sampleNames(): string[] {
    return SUFFIXES[this.type].map((suffix) => this.name + suffix)
  }

  /** Takes a metadata line of this family, or says why not. */
  describe({ keyword, text }: MetadataLine): Fault | undefined {
    if (keyword === 'HELP') {
      if (this.#hasHelp) return 'metadataTwice'
      this.#hasHelp = true
      return undefined
    }
    if (keyword === 'UNIT') {
      if (this.#unit !== undefined) return 'metadataTwice'
      if (text !== '' && !this.name.endsWith(`_${text}`)) return 'unitSuffix'
      if (text !== '' && isUnitless(this.type)) return 'unitType'
      this.#unit = text
      return undefined
    }
    if (this.#type !== undefined) return 'metadataTwice'
    if (!isFamilyType(text)) return 'type'
    if (this.#unit && isUnitless(text)) return 'unitType'
    this.#type = text
    return undefined
  }

  /** What stands behind the family's name in a sample's name, or undefined if the sample is none of this family. */
  suffixOf(sampleName: string): string | undefined {
    if (!sampleName.startsWith(this.name)) return undefined
    const suffix = sampleName.slice(this.name.length)
    return SUFFIXES[this.type].includes(suffix) ? suffix : undefined
  }

  /** The label that tells the parts of one metric apart: le, quantile, or the state's label. */
  partLabel(suffix: string): string | undefined {
    if (suffix === '_bucket') return 'le'
    if (suffix !== '') return undefined
    return this.type === 'summary' ? 'quantile' : this.type === 'stateset' ? this.name : undefined
  }

  /** Checks what one sample must be by itself: its part label, its value, its exemplar. */
  check(sample: SampleLine, suffix: string): Fault | undefined {
    return (
      this.#checkPart(sample, suffix) ?? checkValue(this.type, suffix, sample.value) ?? checkExemplar(sample, suffix)
    )
  }

  #checkPart({ labels }: SampleLine, suffix: string): Fault | undefined {
    const name = this.partLabel(suffix)
    if (name === undefined) return undefined
    const text = labels.find(([label]) => label === name)?.[1]
    if (name === 'le' && suffix === '_bucket') return text !== undefined && isThreshold(text) ? undefined : 'le'
    if (this.type === 'stateset') return text === undefined ? 'statesetLabel' : undefined
    const quantile = text === undefined ? undefined : readNumber(text)
    return quantile !== undefined && quantile >= 0 && quantile <= 1 ? undefined : 'quantile'
  }
}

function isUnitless(type: FamilyType): boolean {
  return type === 'info' || type === 'stateset'
}

/** Any number may be written in any way, but infinity must be `+Inf`. */
function isThreshold(text: string): boolean {
  const bound = readNumber(text)
  return bound !== undefined && !Number.isNaN(bound) && (bound !== Number.POSITIVE_INFINITY || text === '+Inf')
}

function checkValue(type: FamilyType, suffix: string, value: number): Fault | undefined {
  switch (suffix) {
    case '_total':
    case '_sum':
      return checkCounter(value)
    case '_bucket':
    case '_count':
    case '_gcount':
      return checkCounter(value) ?? (Number.isInteger(value) ? undefined : 'notInteger')
    case '_gsum':
      return Number.isNaN(value) ? 'counterNan' : undefined
    case '_created':
      return Number.isFinite(value) ? undefined : 'created'
    case '_info':
      return value === 1 ? undefined : 'infoValue'
    default:
      if (type === 'stateset') return value === 0 || value === 1 ? undefined : 'statesetValue'
      return type === 'summary' && value < 0 ? 'quantileNegative' : undefined
  }
}

function checkCounter(value: number): Fault | undefined {
  if (Number.isNaN(value)) return 'counterNan'
  return value < 0 ? 'counterNegative' : undefined
}

function checkExemplar({ exemplar, labels }: SampleLine, suffix: string): Fault | undefined {
  if (exemplar === undefined) return undefined
  if (suffix === '_total') return undefined
  if (suffix !== '_bucket') return 'exemplarPlace'
  const bound = readNumber(labels.find(([name]) => name === 'le')?.[1] ?? '') ?? Number.NaN
  return exemplar.value > bound ? 'exemplarRange' : undefined
}
