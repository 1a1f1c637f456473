import type { Archive } from '../../batch/archive/archive.js'
import { PartitionBatch } from '../../ingest/gateway/batch.js'
import { createArchive, createWork } from '../../roles/batch.js'
import { answerRequests, type Spent, startMeter } from './measured-process.js'
import { DATA_END_MS, DAY_MS, dataStartMs, pointsOf, type QueryScale, type Stretch, stretches } from './query-data.js'
import { openQueryStack } from './query-stack.js'

/** What the bench asks: the points of this scale, archived and computed to every tier, in a data folder. */
export interface QueryLoadRequest {
  folder: string
  scale: QueryScale
}

export interface QueryLoadAnswer extends Spent {
  points: number
  blocks: number
}

const POINTS_PER_RECORD = 200_000
/** Points are flushed and their blocks sealed this often, in event time. */
const SEAL_EVERY_MS = 3_600_000
/** A clock so far ahead that a block seals. */
const PATIENCE_MS = 600_000
const PARTITION = 0

answerRequests<QueryLoadRequest>(load, async () => {})

/** Log records, the archive's files, sealed blocks, compacted days: all but the log itself. */
async function load({ folder, scale }: QueryLoadRequest): Promise<QueryLoadAnswer> {
  let nowMs = dataStartMs(scale)
  const stack = await openQueryStack(folder, () => nowMs)
  const archive = await createArchive(stack)
  const batchWork = await createWork(stack)
  const spent = startMeter()
  const records = new RecordWriter(archive)
  await archive.assign(PARTITION)
  let blocks = 0
  const seal = async (throughMs: number) => {
    nowMs = throughMs + PATIENCE_MS
    await archive.flush()
    for (;;) {
      const { sealed } = await batchWork.sealReady()
      blocks += sealed.length
      if (sealed.length === 0) break
    }
  }
  const begun = performance.now()
  for (const stretch of stretches(scale)) {
    nowMs = stretch.endMs
    await records.write(stretch, nowMs)
    if (stretch.endMs % SEAL_EVERY_MS !== 0) continue
    // A block seals some time after its end; the last hour's are sealed below.
    await seal(stretch.endMs - PATIENCE_MS)
    if (stretch.endMs % (DAY_MS / 4) === 0) report(stretch.endMs, scale, begun)
  }
  await seal(DATA_END_MS)
  // What the hourly maintenance does: retention, and few files a day.
  for (let replaced = Number.POSITIVE_INFINITY; replaced > 0; ) {
    replaced = (await batchWork.sweep()).filesCompacted
    process.stderr.write(`query          tidemark: ${replaced} files compacted\n`)
  }
  await stack.close()
  return { ...spent(), points: pointsOf(scale), blocks }
}

/** Writes points to the archive as it gets them from the log. */
class RecordWriter {
  #offset = 0
  readonly #archive: Archive

  constructor(archive: Archive) {
    this.#archive = archive
  }

  async write(stretch: Stretch, receivedMs: number): Promise<void> {
    let batch = new PartitionBatch(POINTS_PER_RECORD)
    for (const { series, timeMs, value } of stretch.points()) {
      const index = batch.addSeries(series)
      for (let i = 0; i < value.length; i++) batch.add(index, timeMs[i], value[i], 1)
      if (batch.pointCount < POINTS_PER_RECORD - timeMs.length) continue
      await this.#append(batch, receivedMs)
      batch = new PartitionBatch(POINTS_PER_RECORD)
    }
    if (batch.pointCount > 0) await this.#append(batch, receivedMs)
  }

  async #append(batch: PartitionBatch, receivedMs: number): Promise<void> {
    const entry = { offset: this.#offset++, appendedMs: receivedMs, value: batch.encode(receivedMs) }
    await this.#archive.read(PARTITION, [entry])
  }
}

function report(throughMs: number, scale: QueryScale, begun: number): void {
  const done = (throughMs - dataStartMs(scale)) / (scale.days * DAY_MS)
  const seconds = (performance.now() - begun) / 1000
  const left = Math.round((seconds / done) * (1 - done))
  process.stderr.write(
    `query          tidemark: ${Math.round(done * 100)} % in ${Math.round(seconds)} s, about ${left} s to go\n`,
  )
}
