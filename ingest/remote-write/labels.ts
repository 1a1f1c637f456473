import { TidemarkError } from '../../schemas/errors.js'
import type { Label } from '../../schemas/series/series.js'
import type { ProtobufReader } from '../protobuf/reader.js'
import { utf8Text } from '../protobuf/text.js'
import { LabelPair, TimeSeries } from './fields.js'

/** What the labels of a TimeSeries say. */
export interface NamedLabels {
  metric: string
  labels: Label[]
}

/**
 * Reads the labels of the TimeSeries that the reader has entered; the order does not matter. Goes to its end.
 * @returns the metric and the other labels, or why they are refused
 * @throws WireError
 */
export function readLabels(reader: ProtobufReader): NamedLabels | TidemarkError {
  let metric: string | undefined
  let fault: TidemarkError | undefined
  const labels: Label[] = []
  const seen = new Set<string>()
  while (reader.next()) {
    if (reader.tag !== TimeSeries.label) {
      reader.skip()
      continue
    }
    const outer = reader.enter()
    const pair = readPair(reader)
    reader.leave(outer)
    if (typeof pair === 'string') {
      fault ??= refused(pair)
      continue
    }
    const [name, value] = pair
    if (seen.has(name)) fault ??= new TidemarkError('TM_SERIES_DUPLICATE_LABEL', { name })
    seen.add(name)
    if (name === '__name__') metric = value
    else labels.push(pair)
  }
  if (fault !== undefined) return fault
  if (!metric) return refused(seen.size === 0 ? 'the series has no labels' : 'the series has no label __name__')
  return { metric, labels }
}

function readPair(reader: ProtobufReader): Label | string {
  let name: string | undefined = ''
  let value: string | undefined = ''
  while (reader.next()) {
    if (reader.tag === LabelPair.name) {
      reader.span()
      name = utf8Text(reader.bytes, reader.from, reader.to)
    } else if (reader.tag === LabelPair.value) {
      reader.span()
      value = utf8Text(reader.bytes, reader.from, reader.to)
    } else reader.skip()
  }
  if (name === undefined) return 'a label name is not valid UTF-8'
  if (name === '') return 'a label has no name'
  return value === undefined ? `the value of label ${name} is not valid UTF-8` : [name, value]
}

function refused(reason: string): TidemarkError {
  return new TidemarkError('TM_POINT_SYNTAX', { reason })
}
