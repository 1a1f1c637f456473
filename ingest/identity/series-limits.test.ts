import { expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import type { Label } from '../../schemas/series/series.js'
import { labelFault } from './series-limits.js'

const { limits } = loadConfig({ env: {} })
const fault = (metric: string, labels: Label[]) => labelFault(metric, labels, limits)?.code
const labelsOf = (count: number) => Array.from({ length: count }, (_, i): Label => [`l${i}`, 'v'])

test.each<[what: string, atLimit: [string, Label[]], over: [string, Label[]], code: string]>([
  ['labels', ['m', labelsOf(64)], ['m', labelsOf(65)], 'TM_SERIES_LABELS'],
  ['bytes of a metric name', ['m'.repeat(512), []], ['m'.repeat(513), []], 'TM_SERIES_METRIC_NAME'],
  ['bytes of a label name', ['m', [['l'.repeat(256), '']]], ['m', [['l'.repeat(257), '']]], 'TM_SERIES_LABEL_NAME'],
  [
    'bytes of a label value',
    ['m', [['l', 'v'.repeat(4096)]]],
    ['m', [['l', 'v'.repeat(4097)]]],
    'TM_SERIES_LABEL_VALUE',
  ],
])('%s are taken at the limit and refused one above', (_, atLimit, over, code) => {
  expect(fault(...atLimit)).toBeUndefined()
  expect(fault(...over)).toBe(code)
})

test('lengths are bytes of UTF-8, not characters', () => {
  expect(fault('ä'.repeat(256), [])).toBeUndefined()
  expect(fault('ä'.repeat(257), [])).toBe('TM_SERIES_METRIC_NAME')
})

test.each<[what: string, metric: string, labels: Label[], code: string]>([
  ['no metric name', '', [], 'TM_SERIES_METRIC_NAME'],
  ['a label without a name', 'm', [['', 'v']], 'TM_SERIES_LABEL_NAME'],
  ['a label that stands for the metric name', 'm', [['__name__', 'n']], 'TM_SERIES_LABEL_RESERVED'],
  ['a zero byte in the metric name', 'm\0', [], 'TM_SERIES_ZERO_BYTE'],
  ['a zero byte in a label name', 'm', [['l\0', 'v']], 'TM_SERIES_ZERO_BYTE'],
  ['a zero byte in a label value', 'm', [['l', '\0']], 'TM_SERIES_ZERO_BYTE'],
  [
    'a label twice',
    'm',
    [
      ['l', 'a'],
      ['l', 'a'],
    ],
    'TM_SERIES_DUPLICATE_LABEL',
  ],
])('%s is refused', (_, metric, labels, code) => {
  expect(fault(metric, labels)).toBe(code)
})
