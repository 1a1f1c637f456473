import { Readable } from 'node:stream'
import {
  Dictionary,
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import type { MatrixSeries, Value } from '../../promql/evaluate/result.js'
import type { Label } from '../../schemas/series/series.js'

/** The content type of an Arrow IPC stream (arrow.apache.org, "IPC streaming format"). */
export const ARROW_TYPE = 'application/vnd.apache.arrow.stream'

/** Rows of one record batch. */
const BATCH_ROWS = 65_536

/** Points of one series, as rows. */
type SeriesRows = Pick<MatrixSeries, 'labels' | 'timeMs' | 'value'>

/**
 * The floats of an answer as an Arrow IPC stream: a row a value, with `time` (UTC, ms), a dictionary column for each
 * label, and `value`. Histograms have no column type of their own and are left out.
 */
export function arrowStream(value: Value): Readable {
  return Readable.from(writeBatches(seriesRows(value)))
}

async function* writeBatches(series: readonly SeriesRows[]): AsyncGenerator<Uint8Array> {
  const names = [...new Set(series.flatMap(({ labels }) => labels.map(([name]) => name)))].sort()
  const columns = names.map((name) => new LabelColumn(name, series))
  const schema = new Schema([
    new Field('time', TIME_TYPE),
    ...columns.map(({ name, type }) => new Field(name, type, true)),
    new Field('value', new Float64()),
  ])
  const writer = new RecordBatchStreamWriter()
  const chunks = writer[Symbol.asyncIterator]()
  writer.reset(undefined, schema)
  const produce = async () => {
    for (const batch of batches(schema, columns, series)) {
      writer.write(batch)
      await new Promise((resolve) => setImmediate(resolve))
    }
    writer.close()
  }
  const produced = produce()
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  await produced
}

function* batches(
  schema: Schema,
  columns: readonly LabelColumn[],
  series: readonly SeriesRows[],
): Generator<RecordBatch> {
  const total = series.reduce((rows, { timeMs }) => rows + timeMs.length, 0)
  let at = 0
  let row = 0
  for (let done = 0; done < total; ) {
    const length = Math.min(BATCH_ROWS, total - done)
    const time = new BigInt64Array(length)
    const value = new Float64Array(length)
    const labels = columns.map(() => new Int32Array(length))
    for (let filled = 0; filled < length; ) {
      const { timeMs, value: values } = series[at]
      const taken = Math.min(length - filled, timeMs.length - row)
      value.set(values.subarray(row, row + taken), filled)
      for (let i = 0; i < taken; i++) time[filled + i] = BigInt(Math.round(timeMs[row + i]))
      for (let c = 0; c < columns.length; c++) labels[c].fill(columns[c].index[at], filled, filled + taken)
      filled += taken
      row += taken
      if (row === timeMs.length) {
        at++
        row = 0
      }
    }
    const children = [
      makeData({ type: TIME_TYPE, data: time }),
      ...columns.map((column, c) => column.data(labels[c])),
      makeData({ type: new Float64(), data: value }),
    ]
    yield new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children }))
    done += length
  }
}

const TIME_TYPE = new TimestampMillisecond('UTC')

/** One label of all series: its values once, and which of them each series has. */
class LabelColumn {
  readonly type = new Dictionary(new Utf8(), new Int32())
  readonly name: string
  /** By series: place of its value; an absent label is the empty value, as in Prometheus. */
  readonly index: Int32Array
  readonly #values: Vector<Utf8>

  constructor(name: string, series: readonly SeriesRows[]) {
    this.name = name
    const places = new Map<string, number>()
    this.index = Int32Array.from(series, ({ labels }) => {
      const value = labels.find(([label]) => label === name)?.[1] ?? ''
      const known = places.get(value)
      if (known !== undefined) return known
      places.set(value, places.size)
      return places.size - 1
    })
    this.#values = vectorFromArray([...places.keys()], new Utf8())
  }

  data(rows: Int32Array) {
    return makeData({ type: this.type, data: rows, dictionary: this.#values })
  }
}

function seriesRows(value: Value): SeriesRows[] {
  if (value.type === 'matrix') return value.series.filter(({ timeMs }) => timeMs.length > 0)
  const one = (labels: readonly Label[], timeMs: number, v: number): SeriesRows => ({
    labels,
    timeMs: Float64Array.of(timeMs),
    value: Float64Array.of(v),
  })
  if (value.type === 'scalar') return [one([], value.timeMs, value.value)]
  if (value.type === 'string') return []
  return value.samples
    .filter(({ histogram }) => histogram === undefined)
    .map(({ labels, timeMs, value: v }) => one(labels, timeMs, v))
}
