import { WindowColumns } from '../../schemas/windows/columns.js'

/** Rows that are collected before they are handed to the reader. */
const READ_ROWS = 4096
/** How long a read may keep the event loop to itself, ms. */
const SLICE_MS = 4

/**
 * The windows of chunks, some thousand at a time. Others have their turn in between.
 * @param decode adds a chunk's windows to those collected
 */
export async function* slicedWindows<Chunk>(
  chunks: Iterable<Chunk> | AsyncIterable<Chunk>,
  decode: (chunk: Chunk, into: WindowColumns) => void,
): AsyncIterable<WindowColumns> {
  let windows = new WindowColumns(READ_ROWS)
  let sliceEnd = performance.now() + SLICE_MS
  for await (const chunk of chunks) {
    decode(chunk, windows)
    if (windows.length >= READ_ROWS) {
      yield windows
      windows = new WindowColumns(READ_ROWS)
    }
    if (performance.now() < sliceEnd) continue
    await new Promise((resume) => setImmediate(resume))
    sliceEnd = performance.now() + SLICE_MS
  }
  if (windows.length > 0) yield windows
}
