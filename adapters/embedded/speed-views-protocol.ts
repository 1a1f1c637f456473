/** GET with `generation` and `known`: the series that a copy lacks (see series-feed.ts). */
export const SERIES_PATH = { live: '/live/series', hot: '/hot/series' } as const

/** GET: what the live view covers, ms as a text; empty for nothing. */
export const COVERED_PATH = '/live/covered'

/**
 * POST with `generation`, `start` and `end` (ms), and `metrics`: how many of the 32-bit words of the body are numbers of
 * metrics; what follows are numbers of series, if only those are wanted. Answered with chunks of the live view, each
 * behind a frame header: its length (4 bytes, little-endian) and 4 zero bytes.
 */
export const WINDOWS_PATH = '/live/windows'

/**
 * GET: a frame for each change of the live view from now on, with the 32-bit hashes of the metrics; an empty one where
 * changes were left out.
 */
export const CHANGES_PATH = '/live/changes'

export const FRAME_HEADER_BYTES = 8

/** Status: the numbers are not those of today, ask for the series again. */
export const RENUMBERED = 409
