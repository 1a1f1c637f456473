import type { ProtobufReader } from '../protobuf/reader.js'
import { utf8Text } from '../protobuf/text.js'
import type { PointSink } from '../sink.js'
import { MetricMetadata } from './fields.js'

/** The words for MetricMetadata.MetricType of the protocol, by number. */
const TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset']

/** Passes on one entered MetricMetadata message, which says what a metric family is. */
export function readMetadata(reader: ProtobufReader, sink: PointSink): void {
  let type = 0
  let metric = ''
  let help = ''
  let unit = ''
  const text = () => {
    reader.span()
    return utf8Text(reader.bytes, reader.from, reader.to) ?? ''
  }
  while (reader.next()) {
    if (reader.tag === MetricMetadata.type) type = reader.uint64()
    else if (reader.tag === MetricMetadata.familyName) metric = text()
    else if (reader.tag === MetricMetadata.help) help = text()
    else if (reader.tag === MetricMetadata.unit) unit = text()
    else reader.skip()
  }
  if (metric !== '') sink.describe?.(metric, { type: TYPES[type] ?? 'unknown', help, unit })
}
