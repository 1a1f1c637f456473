import { describe, expect, test } from 'vitest'
import type { Expr, VectorSelector } from '../../ast.js'
import type { Evaluated } from '../../evaluate/values.js'
import { call, contextOf, histogram, series, shown, span, text, vector, type Written } from './testing/calls.js'

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

  test('makes no label that is longer than 65,536 characters, however often it doubles one', async () => {
    const doubled = (length: number) => replace({ a: 'x'.repeat(length) }, 'to', '$0$0', 'a', '.*')
    expect(await labelsOf(doubled(32_768))).toMatchObject({ to: 'x'.repeat(65_536) })
    await expect(doubled(32_769)).rejects.toThrow(
      'label_replace() makes a label value of 65538 characters, the limit is 65536',
    )
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
    const dashed = labelled([{ a: 'cpu-1' }, 1], [{ a: 'cpu1' }, 2])
    expect(await order('sort_by_label', dashed, 'a')).toEqual(['cpu1', 'cpu-1'])
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
