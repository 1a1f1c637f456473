import { describe, expect, test } from 'vitest'
import { parseTemplate, type TemplateSample } from './template.js'

const LABELS = { __name__: 'up', instance: 'db1.example.com:9100', job: 'node' }
const METRIC: TemplateSample[] = [
  { labels: { __name__: 'metric', instance: 'b' }, value: 21 },
  { labels: { __name__: 'metric', instance: 'a' }, value: 11 },
]

async function fill(text: string, value: number | string = 1.5, asked: string[] = []): Promise<string> {
  const context = {
    labels: LABELS,
    value,
    timeMs: 1_435_065_584_128,
    externalLabels: { site: 'eqiad' },
    externalUrl: 'http://tidemark.example:8080/base',
  }
  const answers: Readonly<Record<string, TemplateSample[]>> = {
    metric: METRIC,
    none: [],
    '1.5': [{ labels: {}, value: 1.5 }],
  }
  return parseTemplate(text)(context, async (query) => {
    asked.push(query)
    if (!Object.hasOwn(answers, query)) throw new Error(`no such query: ${query}`)
    return answers[query]
  })
}

const all = (cases: readonly [string, string][]) =>
  test.each(cases)('%s is %s', async (text, filled) => expect(await fill(text)).toBe(filled))

describe('values', () => {
  all([
    ['plain text', 'plain text'],
    ['{{ $labels.instance }} of {{ .Labels.job }}', 'db1.example.com:9100 of node'],
    ['{{ $labels.missing }}!', '!'],
    ['{{ $value }} {{ .Value }} {{ 1 }} {{ 2.50 }} {{ true }}', '1.5 1.5 1 2.5 true'],
    ['{{ $labels }}', 'map[__name__:up instance:db1.example.com:9100 job:node]'],
    ['{{ $externalLabels.site }} {{ .ExternalLabels.site }}', 'eqiad eqiad'],
    ['{{ $externalURL }}', 'http://tidemark.example:8080/base'],
    ['{{ externalURL }} {{ pathPrefix }}', 'http://tidemark.example:8080/base /base'],
    ['{{ "a\\tb" }}{{ `c\\d` }}{{ \'a\' }}', 'a\tbc\\d97'],
  ])

  test.each([
    [1_234_567, '1.234567e+06'],
    [123_456.7, '123456.7'],
    [100_000, '100000'],
    [0.00001, '1e-05'],
    [-0.25, '-0.25'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NaN, 'NaN'],
  ])('%d is written %s, as Go does', async (value, text) => {
    expect(await fill('{{ $value }}', value)).toBe(text)
  })

  test('a histogram is the text that stands for it', async () => {
    expect(await fill('{{ $value }}', '{count:2, sum:3}')).toBe('{count:2, sum:3}')
  })
})

describe('actions', () => {
  all([
    ['a {{- " b " -}} c', 'a b c'],
    ['a{{/* nothing to see */}}b', 'ab'],
    ['a {{- /* nothing to see */ -}} b', 'ab'],
    ['{{ if eq $labels.job "node" }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ if eq $labels.job "a" "b" }}1{{ else if gt $value 1.0 }}2{{ else }}3{{ end }}', '2'],
    ['{{ with $labels.cluster }}in {{ . }}{{ else }}nowhere{{ end }}', 'nowhere'],
    ['{{ with $labels.job -}} in {{ . }} {{- end }}.', 'in node.'],
    ['{{ $x := "a" }}{{ if true }}{{ $x = "b" }}{{ $y := 1 }}{{ end }}{{ $x }}', 'b'],
    ['{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}', '1'],
    ['{{ range query "metric" }}{{ .Labels.instance }}={{ .Value }} {{ end }}', 'b=21 a=11 '],
    ['{{ range $i, $s := query "metric" }}{{ $i }}:{{ $s.Value }} {{ end }}', '0:21 1:11 '],
    ['{{ range $key, $text := $labels }}{{ $key }} {{ end }}', '__name__ instance job '],
    ['{{ range query "none" }}x{{ else }}nothing{{ end }}', 'nothing'],
    ['{{ range query "metric" }}{{ .Value }}{{ break }}{{ end }}', '21'],
    ['{{ define "x" }}{{ .arg0 }} {{ .arg1 }}{{ end }}{{ template "x" (args 1 "2") }}', '1 2'],
    ['{{ block "b" $value }}<{{ . }}>{{ end }}', '<1.5>'],
    ['{{ (index (query "metric") 1).Value }}', '11'],
    ['{{ with query "metric" }}{{ . | first | value }}{{ end }}', '21'],
    ['{{ and true "" "x" }}|{{ or "" "x" (fail) }}'.replace(' (fail)', ''), '|x'],
    ['{{ not true }}', 'false'],
  ])

  test('what and and or leave out is not asked', async () => {
    const asked: string[] = []
    expect(await fill('{{ or true (query "unknown") }}', 1, asked)).toBe('true')
    expect(asked).toEqual([])
  })
})

describe('functions', () => {
  all([
    ['{{ query "1.5" | first | value }}', '1.5'],
    ['{{ query "metric" | first | label "instance" }}', 'b'],
    ['{{ query "metric" | first | label "missing" }}', ''],
    ['{{ query "metric" | sortByLabel "instance" | first | value }}', '11'],
    ['{{ printf "%.2f|%5d|%-4s|%q|%v|%%|%T" $value 42 "a" "b" true $value }}', '1.50|   42|a   |"b"|true|%|float64'],
    ['{{ printf "%05.1f %x %+d %e" 2.25 255 3 1234.5 }}', '002.2 ff +3 1.234500e+03'],
    ['{{ printf "%d %s" $value 3 }}', '%!d(float64=1.5) %!s(int=3)'],
    ['{{ printf "%d" }} {{ printf "a" 1 }}', '%!d(MISSING) a%!(EXTRA int=1)'],
    ['{{ printf "%[2]s %[1]s" "a" "b" }}', 'b a'],
    ['{{ print 1 2 "a" }} {{ println "x" 1 }}', '1 2a x 1\n'],
    ['{{ len $labels }} {{ len "abc" }} {{ index $labels "job" }}', '3 3 node'],
    [
      '{{ eq 1 1 }} {{ ne "a" "b" }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt "b" "a" }} {{ ge 1.5 2.5 }}',
      'true true true true true false',
    ],
    ['{{ urlquery "a b/c" }} {{ html "<b>" }} {{ js "it\'s" }}', "a+b%2Fc &lt;b&gt; it\\'s"],
    ['{{ "aa bb CC don\'t" | title }} {{ toUpper "aB" }} {{ toLower "aB" }}', "Aa Bb CC Don'T AB ab"],
    ['{{ match "a+" "baab" }} {{ match "^a" "b" }}', 'true false'],
    ['{{ reReplaceAll "(a)b" "x$1" "abab" }}', 'xaxa'],
    ['{{ $labels.instance | reReplaceAll ":.*" "" }}', 'db1.example.com'],
    ['{{ reReplaceAll "b*" "X" "abc" }}', 'XaXcX'],
    ['{{ $labels.instance | stripPort }} {{ $labels.instance | stripDomain }}', 'db1.example.com db1:9100'],
    ['{{ "[2001:db8::1]:80" | stripPort }} {{ "2001:db8::1" | stripPort }}', '2001:db8::1 2001:db8::1'],
    ['{{ "192.0.2.1:80" | stripDomain }} {{ "a.b.c" | stripDomain }}', '192.0.2.1:80 a'],
    [
      '{{ graphLink "up == 0" }} {{ tableLink "up" }}',
      '/graph?g0.expr=up+%3D%3D+0&g0.tab=0 /graph?g0.expr=up&g0.tab=1',
    ],
    ['{{ parseDuration "1h2m10ms" }} {{ urlQueryEscape "a&b" }} {{ safeHtml "<b>" }}', '3720.01 a%26b <b>'],
    ['{{ toDuration 3720.5 }} {{ (toDuration 90).Minutes }} {{ now }}', '1h2m0.5s 1.5 1.435065584128e+09'],
    ['{{ (toTime 1435065584.128).Format "2006-01-02 15:04:05.000 Mon Jan _2" }}', '2015-06-23 13:19:44.128 Tue Jun 23'],
    [
      '{{ 1435065584.128 | humanizeTimestamp }} {{ humanizeTimestamp "0" }}',
      '2015-06-23 13:19:44.128 +0000 UTC 1970-01-01 00:00:00 +0000 UTC',
    ],
  ])

  test.each<[string, readonly (number | string)[], string]>([
    ['humanize', [0, 1, 1_234_567, 0.12, -0.0012, 1e30, Number.NaN, '0.5'], '0 1 1.235M 120m -1.2m 1e+06Y NaN 500m'],
    ['humanize1024', [0, 1, 1_048_576, 0.12, 1_234_567, Number.POSITIVE_INFINITY], '0 1 1Mi 0.12 1.177Mi +Inf'],
    [
      'humanizeDuration',
      [0, 1, 60, 3600, 86_400, -183_845, 899.99],
      '0s 1s 1m 0s 1h 0m 0s 1d 0h 0m 0s -2d 3h 4m 5s 14m 59s',
    ],
    [
      'humanizeDuration',
      [0.1, 0.0001, 0.12345, 60.5, 1.2345, 12.345, '43200'],
      '100ms 100us 123.5ms 1m 0s 1.234s 12.35s 12h 0m 0s',
    ],
    ['humanizePercentage', [-0.22222, 0, 0.1234567, 1.23456, 1_234_567], '-22.22% 0% 12.35% 123.5% 1.235e+08%'],
  ])('%s of %j is %s', async (name, values, text) => {
    const filled = await Promise.all(values.map((value) => fill(`{{ ${name} .Value }}`, value)))
    expect(filled.join(' ')).toBe(text)
  })

  test.each([
    [0.5, '%.0f', '0'],
    [1.5, '%.0f', '2'],
    [2.5, '%.0f', '2'],
    [0.125, '%.2f', '0.12'],
    [1234.5, '%.4g', '1234'],
    [0.15, '%.1f', '0.1'],
    [99_995, '%.4g', '1e+05'],
  ])('%d by %s is %s: ties go to the even digit', async (value, format, text) => {
    expect(await fill(`{{ printf "${format}" $value }}`, value)).toBe(text)
  })
})

describe('what is wrong', () => {
  test.each([
    ['{{ $label.job }}', /the variable "\$label" is not known: \$labels, /],
    ['{{ upper "a" }}', /the function "upper" is not known: /],
    ['{{ $value ', /"\{\{" is not closed/],
    ['{{ if true }}a', /\{\{if\}\} is not closed/],
    ['{{ end }}', /ends nothing/],
    ['{{ }}', /nothing between the braces/],
    ['{{ (1 }}', /"\)" is missing/],
    ['{{ 1 | 2 }}', /must be a function/],
    ['{{ break }}', /outside of \{\{range\}\}/],
    ['{{ $a, $b := 1 }}', /only \{\{range\}\} sets two/],
    ['{{ "a }}', /cannot stand in a template's action/],
    ['{{/* a }}', /a comment is not closed/],
    [`${'{{ if true }}'.repeat(200)}`, /nested deeper than 100/],
  ])('%s cannot be read: %s', (text, reason) => {
    expect(() => parseTemplate(text)).toThrow(reason)
  })

  test.each([
    ['{{ query "none" | first }}', /error calling first: first\(\) called on vector with no elements/],
    ['{{ query "unknown" }}', /no such query: unknown/],
    ['{{ .Missing }}', /can't evaluate field Missing in type struct/],
    ['{{ humanize "one" }}', /parsing "one": invalid syntax/],
    ['{{ toUpper 1 }}', /expected string; got int/],
    ['{{ eq 1 1.0 }}', /a int cannot be compared with a float64: write 5\.0 for a float/],
    ['{{ title "a" "b" }}', /wrong number of args for title: want 1 got 2/],
    ['{{ index (query "metric") 7 }}', /index out of range: 7/],
    ['{{ template "x" }}', /there is no template "x"/],
    ['{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}', /call each other more than 100 deep/],
    ['{{ range 90000 }}{{ range 90000 }}{{ end }}{{ end }}', /takes more than 100000 steps/],
    ['{{ match "(" "a" }}', /is no regular expression/],
  ])('%s fails: %s', async (text, reason) => {
    await expect(fill(text)).rejects.toThrow(reason)
  })
})
