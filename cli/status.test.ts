import { expect, test } from 'vitest'
import type { PipelineStatus } from '../schemas/ports/status.js'
import { statusText } from './status.js'

const NOW = Date.parse('2026-01-01T00:30:10.400Z')

const status: PipelineStatus = {
  nowMs: NOW,
  instances: [
    {
      id: 'a',
      roles: ['gateway'],
      host: 'box',
      pid: 17,
      url: 'http://127.0.0.1:8080',
      version: '0.1.0',
      startedMs: Date.parse('2026-01-01T00:00:00Z'),
      seenMs: NOW,
      status: {},
    },
  ],
  ingest: {
    accepted: 1_234_567,
    refused: 3,
    refusedByCode: { TM_LINE_SYNTAX: 2, TM_POINT_FUTURE: 1 },
    activeSeries: 10_000,
  },
  speed: [
    {
      partition: 0,
      watermarkMs: NOW - 15_000,
      lagRecords: 1200,
      openWindows: 2,
      latePoints: 7,
      closedWindows: 0,
      isFed: true,
    },
    { partition: 1, lagRecords: 0, openWindows: 0, latePoints: 0, closedWindows: 0, isFed: true },
  ],
  archive: {
    partitions: [{ partition: 0, offset: 10, watermarkMs: NOW - 30_000, lagRecords: 4 }],
    lagMs: 31_400,
    rawFiles: 12,
    rawBytes: 3_456_789,
    rawPoints: 1_200_000,
  },
  blocks: {
    epoch: 9,
    frontierMs: Date.parse('2026-01-01T00:20:00Z'),
    blockMs: 600_000,
    sealed: 8,
    dirty: 1,
    recomputing: 0,
    latePoints: 7,
    unexplainedDivergence: 0,
    audited: 8,
  },
  patterns: {
    series: 12,
    corrected: 2,
    newest: {
      trainedMs: Date.parse('2026-01-01T00:30:05Z'),
      epoch: 8,
      range: { startMs: Date.parse('2025-12-04T00:00:00Z'), endMs: Date.parse('2026-01-01T00:00:00Z') },
      readings: 96_768,
    },
  },
  workflows: {
    state: 'running',
    address: '127.0.0.1:7233',
    running: [{ type: 'recomputeRange', workflowId: 'recompute-1', startedMs: NOW - 60_400 }],
  },
}

test('the status is read from top to bottom: tide line, blocks, archive, workflows, then partition by partition', () => {
  expect(statusText(status)).toBe(
    `
tide line   2026-01-01 00:20:00Z  (10m10s ago), epoch 9
blocks      8 sealed, 1 dirty, 0 recomputing (10m each)
late        7 points
divergence  0 unexplained in 8 audited blocks
archive     1,200,000 points in 12 files, 3,456,789 bytes, lag 31s
ingest      1,234,567 points accepted, 3 refused (TM_LINE_SYNTAX 2, TM_POINT_FUTURE 1), 10,000 active series
patterns    12 series, last trained 2026-01-01 00:30:05Z at epoch 8, on 96,768 readings from 2025-12-04 00:00:00Z to 2026-01-01 00:00:00Z; 2 to be trained again after a correction
workflows   running at 127.0.0.1:7233
  recomputeRange  recompute-1  since 2026-01-01 00:29:10Z

process                roles    host  pid  since                 version
http://127.0.0.1:8080  gateway  box   17   2026-01-01 00:00:00Z  0.1.0

partition  watermark                   lag  open windows  late  archived to               archive lag
0          2026-01-01 00:29:55.400Z  1,200             2     7  2026-01-01 00:29:40.400Z            4
1          -                             0             0     0  -                                   0
`.trim(),
  )
})

test('without Temporal it says why nothing runs', () => {
  const paused: PipelineStatus = {
    ...status,
    workflows: { state: 'paused', reason: 'no Temporal server', running: [] },
  }
  expect(statusText(paused)).toContain('workflows   paused: no Temporal server\n\n')
})
