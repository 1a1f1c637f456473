import { describe, expect, test } from 'vitest'
import type { NativeHistogram } from '../../../schemas/histogram.js'
import type { Label } from '../../../schemas/series/series.js'
import { Annotations } from '../../annotations.js'
import type { Call, Expr, VectorSelector } from '../../ast.js'
import type { EvalContext } from '../../evaluate/context.js'
import { ABSENT, type Evaluated, HISTOGRAM, StepSeries } from '../../evaluate/values.js'
import { VECTOR_FUNCTIONS } from './index.js'

const span = { from: 0, to: 0 }
const histogram = { count: 1 } as NativeHistogram

type Value = number | NativeHistogram | undefined
type Written = [labels: Record<string, string>, ...values: Value[]]

const asLabels = (labels: Record<string, string>): Label[] =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))

function series([labels, ...values]: Written): StepSeries {
  const one = new StepSeries(asLabels(labels), values.length)
  values.forEach((value, step) => {
    if (typeof value === 'number') one.setFloat(step, value)
    else if (value) one.setHistogram(step, value)
  })
  return one
}

const vector = (...written: Written[]): Evaluated => ({ type: 'vector', series: written.map(series) })
const scalar = (...value: number[]): Evaluated => ({ type: 'scalar', value: Float64Array.from(value) })
const text = (value: string): Evaluated => ({ type: 'string', value })

function contextOf(steps: number, infoTimes: StepSeries[], selected: VectorSelector[] = []): EvalContext {
  return {
    grid: { startMs: 0, stepMs: 60_000, steps },
    query: { startMs: 1000, stepMs: 500, steps: 5 },
    annotations: new Annotations(),
    selectVector: async () => [],
    selectTimes: async (selector) => {
      selected.push(selector)
      return infoTimes
    },
    spend: async () => {},
    pace: async () => {},
  }
}

async function call(
  func: string,
  args: Evaluated[],
  {
    exprs = [],
    steps = 1,
    context = contextOf(steps, []),
  }: { exprs?: Expr[]; steps?: number; context?: EvalContext } = {},
): Promise<Evaluated> {
  const expr: Call = { type: 'call', func, args: exprs, span }
  return VECTOR_FUNCTIONS[func]({ expr, args, context })
}

/** Labels, whether the name goes, and what stands at each step. */
function shown(evaluated: Evaluated) {
  if (evaluated.type !== 'vector') return evaluated.type === 'scalar' ? [...evaluated.value] : evaluated.value
  return evaluated.series.map((one) => ({
    labels: Object.fromEntries(one.labels),
    dropName: one.dropName,
    values: [...one.present].map((kind, step) =>
      kind === ABSENT ? undefined : kind === HISTOGRAM ? one.histogram?.[step] : one.value[step],
    ),
  }))
}

const ofOne = async (func: string, value: number, ...more: Evaluated[]) =>
  (shown(await call(func, [vector([{}, value]), ...more])) as { values: Value[] }[])[0]?.values[0]

describe('a function of each float', () => {
  test('keeps labels, marks the name for removal, leaves out histograms and changes no argument', async () => {
    const argument = vector(
      [{ __name__: 'm', a: 'b' }, -1, histogram, undefined],
      [{ __name__: 'h' }, histogram, histogram, histogram],
    )
    const before = JSON.stringify(shown(argument))
    expect(shown(await call('abs', [argument], { steps: 3 }))).toEqual([
      { labels: { __name__: 'm', a: 'b' }, dropName: true, values: [1, undefined, undefined] },
    ])
    expect(JSON.stringify(shown(argument))).toBe(before)
  })

  test.each<[func: string, value: number, ...rest: number[]]>([
    ['round', 2.5, 3],
    ['round', -2.5, -2],
    ['sgn', -0, -0],
    ['sgn', Number.NaN, Number.NaN],
    ['acosh', 0.5, Number.NaN],
    ['log2', 8, 3],
    ['ln', -1, Number.NaN],
    ['deg', Math.PI, 180],
  ])('%s(%d) is %d', async (func, value, expected) => {
    expect(await ofOne(func, value)).toBe(expected)
  })

  test('round goes to the nearest multiple, the last bit as in Prometheus', async () => {
    expect(await ofOne('round', 0.35, scalar(0.1))).toBe(Math.floor(0.35 * 10 + 0.5) / 10)
    expect(await ofOne('round', 5, scalar(0))).toBe(Number.NaN)
  })
})

describe('clamp', () => {
  test('has no result where the bounds are crossed, step by step', async () => {
    const result = await call('clamp', [vector([{}, 5, 5]), scalar(0, 7), scalar(3, 6)], { steps: 2 })
    expect(shown(result)).toEqual([{ labels: {}, dropName: true, values: [3, undefined] }])
    expect(shown(await call('clamp', [vector([{}, 5]), scalar(7), scalar(6)]))).toEqual([])
  })

  test('is NaN for a bound that is NaN, except where an infinity decides', async () => {
    expect(await ofOne('clamp', 5, scalar(0), scalar(Number.NaN))).toBe(Number.NaN)
    expect(await ofOne('clamp_min', Number.NaN, scalar(3))).toBe(Number.NaN)
    expect(await ofOne('clamp_min', Number.NaN, scalar(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
    expect(await ofOne('clamp_max', Number.NaN, scalar(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('dates', () => {
  const at = (iso: string) => Date.parse(iso) / 1000
  test.each<[func: string, iso: string, expected: number]>([
    ['year', '1969-12-31T23:59:59Z', 1969],
    ['month', '2024-02-29T00:00:00Z', 2],
    ['day_of_month', '2024-02-29T23:59:59Z', 29],
    ['days_in_month', '2024-02-01T00:00:00Z', 29],
    ['days_in_month', '1900-02-01T00:00:00Z', 28],
    ['day_of_year', '2024-12-31T12:00:00Z', 366],
    ['day_of_week', '1970-01-01T00:00:00Z', 4],
    ['day_of_week', '1969-12-28T00:00:00Z', 0],
    ['hour', '1969-12-31T22:30:00Z', 22],
    ['minute', '2030-06-15T22:30:59Z', 30],
  ])('%s of %s is %d', async (func, iso, expected) => {
    expect(await ofOne(func, at(iso))).toBe(expected)
  })

  test('are those of the calendar on every day of 800 years', async () => {
    for (let day = -146_000; day < 146_000; day += 61) {
      const date = new Date(day * 86_400_000)
      expect(await ofOne('year', day * 86_400)).toBe(date.getUTCFullYear())
      expect(await ofOne('month', day * 86_400)).toBe(date.getUTCMonth() + 1)
      expect(await ofOne('day_of_month', day * 86_400)).toBe(date.getUTCDate())
    }
  })

  test('are of the evaluation time where nothing else is said, and NaN of what is no time', async () => {
    expect(shown(await call('minute', [], { steps: 3 }))).toEqual([{ labels: {}, dropName: false, values: [0, 1, 2] }])
    expect(await ofOne('year', Number.POSITIVE_INFINITY)).toBe(Number.NaN)
  })
})

test('time() follows the steps; start(), end(), range() and step() are those of the whole query', async () => {
  expect(shown(await call('time', [], { steps: 2 }))).toEqual([0, 60])
  expect(shown(await call('start', []))).toEqual([1])
  expect(shown(await call('end', []))).toEqual([3])
  expect(shown(await call('range', []))).toEqual([2])
  expect(shown(await call('step', []))).toEqual([0.5])
})

test('scalar() is the one float of a step, vector() the other way round', async () => {
  const argument = vector([{ a: '1' }, 1, 1, histogram, undefined], [{ a: '2' }, undefined, 2, 3, histogram])
  expect(shown(await call('scalar', [argument], { steps: 4 }))).toEqual([1, Number.NaN, 3, Number.NaN])
  expect(shown(await call('vector', [scalar(7, 8)], { steps: 2 }))).toEqual([
    { labels: {}, dropName: false, values: [7, 8] },
  ])
})

test('absent() has the labels that equality fixes, at the steps without anything', async () => {
  const selector: VectorSelector = {
    type: 'vector',
    matchers: [
      { name: '__name__', op: '=', value: 'm' },
      { name: 'job', op: '=', value: 'api' },
      { name: 'host', op: '=~', value: 'h.*' },
      { name: 'twice', op: '=', value: 'a' },
      { name: 'twice', op: '=', value: 'b' },
    ],
    offsetMs: 0,
    span,
  }
  const argument = vector([{ a: '1' }, 1, undefined, undefined], [{ a: '2' }, undefined, undefined, histogram])
  expect(shown(await call('absent', [argument], { exprs: [selector], steps: 3 }))).toEqual([
    { labels: { job: 'api' }, dropName: false, values: [undefined, 1, undefined] },
  ])
})

describe('label_replace', () => {
  const braced = (name: string) => `$\{${name}}`
  const replace = (labels: Record<string, string>, ...args: string[]) =>
    call('label_replace', [vector([labels, 1]), ...args.map(text)])
  const labelsOf = async (evaluated: Promise<Evaluated>) => (shown(await evaluated) as { labels: object }[])[0].labels

  test.each<[why: string, replacement: string, regex: string, expected: string | undefined]>([
    ['numbers', '$1-$2', '(.*):(.*)', 'host-80'],
    ['names', `${braced('name')}_`, '(?P<name>[a-z]+):.*', 'host_'],
    ['the longest name', '$1x', '(.*):(.*)', undefined],
    ['numbers in braces', `${braced('1')}x`, '(.*):(.*)', 'hostx'],
    ['dollars', '$$1 $', '.*', '$1 $'],
    ['what is no reference', '$-$', '(.*)', '$-$'],
    ['groups that do not exist', `a${braced('9')}b$no`, '.*', 'ab'],
    ['the whole', '$0', '.*', 'host:80'],
    ['nothing, which leaves no label', '', '.*', undefined],
  ])('puts in %s', async (_, replacement, regex, expected) => {
    const labels = await labelsOf(replace({ address: 'host:80' }, 'to', replacement, 'address', regex))
    expect(labels).toEqual({ address: 'host:80', ...(expected === undefined ? {} : { to: expected }) })
  })

  test('matches the whole value or changes nothing; a label that is not there is empty', async () => {
    expect(await labelsOf(replace({ a: 'xyz' }, 'to', 'v', 'a', 'y'))).toEqual({ a: 'xyz' })
    expect(await labelsOf(replace({ a: 'xyz' }, 'to', 'v$1', 'none', '(.*)'))).toEqual({ a: 'xyz', to: 'v' })
  })

  test('keeps a name that it has set', async () => {
    const argument: Evaluated = {
      type: 'vector',
      series: [series([{ __name__: 'm' }, 1]).withLabels([['__name__', 'm']], true)],
    }
    const to = (name: string) => call('label_replace', [argument, text(name), text('n'), text(''), text('')])
    expect(shown(await to('__name__'))).toEqual([{ labels: { __name__: 'n' }, dropName: false, values: [1] }])
    expect(shown(await to('x'))).toEqual([{ labels: { __name__: 'm', x: 'n' }, dropName: true, values: [1] }])
  })

  test('joins series that come to be the same, unless they stand at the same step', async () => {
    const drop = (...written: Written[]) =>
      call('label_replace', [vector(...written), text('a'), text(''), text('a'), text('.*')], { steps: 2 })
    expect(shown(await drop([{ a: '1' }, 1, undefined], [{ a: '2' }, undefined, histogram]))).toEqual([
      { labels: {}, dropName: false, values: [1, histogram] },
    ])
    await expect(drop([{ a: '1' }, 1, 1], [{ a: '2' }, undefined, 2])).rejects.toThrow(
      'vector cannot contain metrics with the same labelset',
    )
  })

  test.each([
    [['to', '', 'a', '('], 'invalid regular expression in label_replace(): ('],
    [['', '', 'a', '.*'], 'invalid destination label name in label_replace(): '],
  ])('says what is wrong with %j', async (args, message) => {
    await expect((async () => replace({ a: 'b' }, ...args))()).rejects.toThrow(message)
  })
})

test('label_join joins values, those of absent labels too, and without sources removes the label', async () => {
  const argument = vector([{ __name__: 'm', a: 'x', b: 'y' }, 1])
  const join = async (...args: string[]) =>
    (shown(await call('label_join', [argument, ...args.map(text)])) as { labels: object }[])[0].labels
  expect(await join('to', '-', 'a', 'none', 'b')).toEqual({ __name__: 'm', a: 'x', b: 'y', to: 'x--y' })
  expect(await join('a', '-')).toEqual({ __name__: 'm', b: 'y' })
})

describe('the order', () => {
  const labelled = (...values: Written[]) => vector(...values)
  const order = async (func: string, argument: Evaluated, ...names: string[]) =>
    (shown(await call(func, [argument, ...names.map(text)])) as { labels: Record<string, string> }[]).map(
      ({ labels }) => labels.a,
    )

  test('by value has NaN last both ways and no histograms', async () => {
    const argument = labelled(
      [{ a: 'nan' }, Number.NaN],
      [{ a: 'h' }, histogram],
      [{ a: '2' }, 2],
      [{ a: 'inf' }, Infinity],
      [{ a: '1' }, 1],
    )
    expect(await order('sort', argument)).toEqual(['1', '2', 'inf', 'nan'])
    expect(await order('sort_desc', argument)).toEqual(['inf', '2', '1', 'nan'])
  })

  test('by label is natural, numbers count as numbers, and the whole label set settles ties', async () => {
    const argument = labelled(
      [{ a: 'v10' }, 1],
      [{ a: 'v9', b: '2' }, 2],
      [{ a: 'v9', b: '1' }, histogram],
      [{ a: 'v010x' }, 3],
      [{ a: '' }, 4],
    )
    expect(await order('sort_by_label', argument, 'a')).toEqual(['', 'v9', 'v9', 'v10', 'v010x'])
    expect(await order('sort_by_label_desc', argument, 'a')).toEqual(['v010x', 'v10', 'v9', 'v9', ''])
  })
})

describe('info()', () => {
  const base: VectorSelector = { type: 'vector', matchers: [], offsetMs: 1000, at: { timeMs: 5000 }, span }
  const id = { instance: 'a', job: '1' }
  const metric: Written = [{ __name__: 'metric', ...id }, 1, 2, 3]
  const joined = (
    infos: Written[],
    options: { matchers?: VectorSelector['matchers']; bases?: Written[]; selected?: VectorSelector[] } = {},
  ) => {
    const bases = vector(...(options.bases ?? [metric]))
    const exprs: Expr[] = [base, ...(options.matchers ? [{ ...base, matchers: options.matchers }] : [])]
    return call('info', [bases], { exprs, context: contextOf(3, infos.map(series), options.selected) })
  }

  test('adds the labels of the newest information at each step', async () => {
    const result = await joined([
      [{ __name__: 'target_info', ...id, version: 'old' }, 10, 10, undefined],
      [{ __name__: 'target_info', ...id, version: 'new' }, undefined, 20, undefined],
      [{ __name__: 'target_info', instance: 'b', job: '1', version: 'other' }, 10, 20, 30],
    ])
    expect(shown(result)).toEqual([
      { labels: { __name__: 'metric', ...id, version: 'old' }, dropName: false, values: [1, undefined, undefined] },
      { labels: { __name__: 'metric', ...id, version: 'new' }, dropName: false, values: [undefined, 2, undefined] },
      { labels: { __name__: 'metric', ...id }, dropName: false, values: [undefined, undefined, 3] },
    ])
  })

  test('asks for information as old as the samples, on what they are about', async () => {
    const selected: VectorSelector[] = []
    await joined([], {
      selected,
      bases: [metric, [{ instance: 'b.c' }, 1]],
      matchers: [{ name: 'x', op: '=~', value: '.+' }],
    })
    expect(selected).toEqual([
      {
        type: 'vector',
        offsetMs: 1000,
        at: { timeMs: 5000 },
        matchers: [
          { name: '__name__', op: '=', value: 'target_info' },
          { name: 'instance', op: '=~', value: 'a|b\\.c' },
          { name: 'job', op: '=~', value: '1' },
          { name: 'x', op: '=~', value: '.+' },
        ],
        span,
      },
    ])
  })

  test('drops series without the information that is asked for, and gives information none', async () => {
    const matchers: VectorSelector['matchers'] = [{ name: 'x', op: '=~', value: '.+' }]
    expect(shown(await joined([], { matchers }))).toEqual([])
    const info: Written = [{ __name__: 'target_info', ...id, x: '1' }, 1, 1, 1]
    expect(shown(await joined([info], { bases: [info] }))).toEqual([
      { labels: { __name__: 'target_info', ...id, x: '1' }, dropName: false, values: [1, 1, 1] },
    ])
  })

  test.each<[why: string, infos: Written[], message: string]>([
    [
      'conflicts',
      [
        [{ __name__: 'a', ...id, x: '1' }, 1, 1, 1],
        [{ __name__: 'b', ...id, x: '2' }, 1, 1, 1],
      ],
      'conflicting label: x',
    ],
    [
      'duplicates',
      [
        [{ __name__: 'a', ...id, x: '1' }, 1, 1, 1],
        [{ __name__: 'a', ...id, x: '2' }, 1, 1, 1],
      ],
      'found duplicate series for info metric',
    ],
    ['histograms', [[{ __name__: 'a', ...id }, histogram, 1, 1]], 'info sample should be float'],
  ])('refuses %s', async (_, infos, message) => {
    await expect(joined(infos)).rejects.toThrow(message)
  })
})
