import { WINDOW_COLUMNS, type WindowColumns } from '../../schemas/windows/columns.js'
import { closedBefore, parseCommit } from '../../speed/watermark.js'
import { PATIENCE_MS } from './live-view.js'
import type { Pipeline } from './pipeline.js'
import type { World } from './world.js'

/** How far windows were closed for good at a moment. */
interface Closing {
  nowMs: number
  throughMs: number
}

/** Checks that the live view is what it says to be. */
export class LiveCheck {
  readonly #closings: Closing[] = []

  /** Notes up to when windows are closed now, and that is committed. */
  note(world: World, { reading }: Pipeline): void {
    const commits = Array.from({ length: world.partitions }, (_, partition) => reading.speed.committed(partition))
    const throughMs = Math.min(
      ...commits.map((commit) => (commit ? closedBefore(parseCommit(commit.metadata).watermarkMs) : 0)),
    )
    this.#closings.push({ nowMs: world.nowMs, throughMs })
  }

  /**
   * What the live view says to cover is what the hot store has. A feeder that cannot reach it is found out after a
   * while, so that windows which have just been closed may be missing.
   * @throws which windows differ
   */
  async check(world: World): Promise<void> {
    const closing = this.#closings.findLast(({ nowMs }) => nowMs <= world.nowMs - PATIENCE_MS)
    const coveredMs = await world.live.coveredFromMs()
    if (!closing || coveredMs === undefined || coveredMs >= closing.throughMs) return
    const selection = { startMs: coveredMs, endMs: closing.throughMs, matchers: [] }
    const live = await windowsOf(world.live.read(selection))
    await world.hot.showAll()
    const hot = await windowsOf(world.hot.read(selection))
    const wrong = [...new Set([...hot.keys(), ...live.keys()])].filter((key) => live.get(key) !== hot.get(key))
    if (wrong.length === 0) return
    const shown = wrong.slice(0, 5).map((key) => `${key}: ${live.get(key)} instead of ${hot.get(key)}`)
    throw new Error(`the live view covers ${wrong.length} windows that it holds otherwise: ${shown.join('; ')}`)
  }
}

async function windowsOf(chunks: AsyncIterable<WindowColumns>): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  for await (const windows of chunks) {
    for (let row = 0; row < windows.length; row++) {
      const values = WINDOW_COLUMNS.map((column) => windows[column][row])
      all.set(`${windows.series[row]} @${windows.start[row]}`, [...values, windows.stale[row]].join(' '))
    }
  }
  return all
}
