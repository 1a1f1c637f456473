import { expect, test } from 'vitest'
import type { Instance } from '../schemas/ports/status.js'
import { ingestOf, partitionsOf } from './pipeline-status.js'

/** A process that said something at a time. */
function instance(seenMs: number, status: Instance['status']): Instance {
  return { id: String(seenMs), roles: [], host: 'box', pid: 1, url: '', version: '', startedMs: 0, seenMs, status }
}

const partition = (n: number, lagRecords: number) => ({
  partition: n,
  lagRecords,
  openWindows: 0,
  latePoints: 0,
  closedWindows: 0,
  isFed: true,
})

test('what gateways counted is added up, refusals by their code', () => {
  const ingest = (refusedByCode: Record<string, number>) => ({
    accepted: 10,
    refused: 2,
    refusedByCode,
    activeSeries: 3,
  })
  const total = ingestOf([
    instance(1, { ingest: ingest({ TM_LINE_SYNTAX: 2 }) }),
    instance(2, {}),
    instance(3, { ingest: ingest({ TM_LINE_SYNTAX: 1, TM_POINT_FUTURE: 1 }) }),
  ])
  expect(total).toEqual({
    accepted: 20,
    refused: 4,
    refusedByCode: { TM_LINE_SYNTAX: 3, TM_POINT_FUTURE: 1 },
    activeSeries: 6,
  })
})

test('of a partition that changed hands the newer word counts', () => {
  const found = partitionsOf([
    instance(20, { speed: [partition(1, 0)] }),
    instance(10, { speed: [partition(1, 50), partition(0, 7)] }),
  ])
  expect(found).toEqual([partition(0, 7), partition(1, 0)])
})
