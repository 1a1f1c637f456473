import { describe, expect, test } from 'vitest'
import { decodeBoth, gauge, requestOf, T, text } from '../../test/decode-otlp.js'
import type { OtlpAttribute } from './encode.js'
import type { OtlpOptions } from './options.js'

describe('attributes', () => {
  const labelsOf = (attributes: OtlpAttribute[], options: Partial<OtlpOptions> = {}, resource: OtlpAttribute[] = []) =>
    decodeBoth(requestOf([gauge({ asInt: 1, attributes })], resource), options).points[0]?.labels

  test('become labels; keys that collide are joined in order', () => {
    expect(labelsOf([text('http.method', 'GET'), text('1st', 'a'), text('_x', 'b'), text('__y', 'c')])).toEqual({
      http_method: 'GET',
      key_1st: 'a',
      key_x: 'b',
      __y: 'c',
    })
    expect(labelsOf([text('a_b', '2'), text('a.b', '1')])).toEqual({ a_b: '1;2' })
    expect(labelsOf([text('__name__', 'other')])).toEqual({})
  })

  test('of every type become text', () => {
    const value = (key: string, inner: OtlpAttribute['value']): OtlpAttribute => ({ key, value: inner })
    expect(
      labelsOf([
        value('bool', { boolValue: true }),
        value('int', { intValue: '9007199254740993' }),
        value('double', { doubleValue: 0.5 }),
        value('bytes', { bytesValue: 'AQID' }),
        value('list', {
          arrayValue: { values: [{ stringValue: 'a"' }, { intValue: '-1' }, { boolValue: false }, {}] },
        }),
        value('map', {
          kvlistValue: { values: [text('z', '1'), value('a', { arrayValue: { values: [{ doubleValue: 1.5 }] } })] },
        }),
        value('none', {}),
      ]),
    ).toEqual({
      bool: 'true',
      int: '9007199254740993',
      double: '0.5',
      bytes: 'AQID',
      list: '["a\\"",-1,false,null]',
      map: '{"a":[1.5],"z":"1"}',
    })
  })

  test('of the resource: job, instance, and the others in target_info', () => {
    const resource = [
      text('service.name', 'api'),
      text('service.namespace', 'shop'),
      text('service.instance.id', 'i1'),
      text('host.name', 'h1'),
    ]
    const sink = decodeBoth(requestOf([gauge({ asInt: 1 })], resource))
    expect(sink.lines()).toEqual([
      `g{instance="i1",job="shop/api"} 1 @${T}`,
      `target_info{host_name="h1",instance="i1",job="shop/api"} 1 @${T}`,
    ])
  })

  test('of the resource can be promoted, all or some, and never replace those of the point', () => {
    const resource = [text('host.name', 'h1'), text('zone', 'z')]
    expect(labelsOf([text('host.name', 'mine')], { promoteResourceAttributes: 'all' }, resource)).toEqual({
      host_name: 'mine',
      zone: 'z',
    })
    expect(labelsOf([], { promoteResourceAttributes: ['zone'] }, resource)).toEqual({ zone: 'z' })
  })

  test('of the scope are labels on request', () => {
    expect(labelsOf([], { scopeLabels: true })).toEqual({ otel_scope_name: 'lib', otel_scope_version: '2' })
  })

  test('and names stay as they are on request', () => {
    const sink = decodeBoth(
      requestOf([{ ...gauge({ asInt: 1, attributes: [text('http.method', 'é')] }), name: 'my.gauge', unit: 's' }]),
      { names: 'keep' },
    )
    expect(sink.lines()).toEqual([`my.gauge{http.method="é"} 1 @${T}`])
  })

  test('nested without end are refused', () => {
    let value: OtlpAttribute['value'] = { stringValue: 'x' }
    for (let i = 0; i < 40; i++) value = { arrayValue: { values: [value] } }
    const sink = decodeBoth(requestOf([gauge({ asInt: 1, attributes: [{ key: 'a', value }] }), gauge({ asInt: 2 })]))
    expect(sink.refusals).toMatchObject([
      { position: 1, reason: 'g: an attribute value is nested deeper than 32 levels' },
    ])
    expect(sink.lines()).toEqual([`g{} 2 @${T}`])
  })
})

describe('target_info', () => {
  const resource = [text('service.name', 'api'), text('host.name', 'h1')]
  const timesOf = (...times: number[]) =>
    decodeBoth(
      requestOf(
        times.map((timeMs) => gauge({ asInt: 1, timeUnixNano: `${timeMs}000000` })),
        resource,
      ),
    )
      .points.filter(({ metric }) => metric === 'target_info')
      .map(({ timeMs }) => timeMs - T)

  test('reaches over the time of the points', () => {
    expect(timesOf(T - 400_000, T)).toEqual([-400_000, -250_000, -100_000, 0])
  })

  test('is bounded and never ahead of the clock, whatever the points claim', () => {
    expect(timesOf(1, T).length).toBe(601)
    expect(timesOf(T + 500_000)).toEqual([1000])
  })

  test('needs something to tell and something to tell it of', () => {
    expect(decodeBoth(requestOf([gauge({ asInt: 1 })], [text('service.name', 'api')])).points).toHaveLength(1)
    expect(decodeBoth(requestOf([gauge({ asInt: 1 })], [text('host.name', 'h')])).points).toHaveLength(1)
  })
})
