import { InfluxDecoder } from '../../../ingest/influx/decoder.js'
import { OpenMetricsDecoder } from '../../../ingest/prometheus/openmetrics-decoder.js'
import { PrometheusTextDecoder } from '../../../ingest/prometheus/text-decoder.js'
import { StatsdDecoder } from '../../../ingest/statsd/decoder.js'
import { parseExpr, parseMatch } from '../../../promql/parse.js'
import { formatExpr } from '../../../promql/print/format.js'
import { TidemarkError } from '../../../schemas/errors.js'
import { CheckingSink } from './checking-sink.js'
import { latin, type Subject } from './subject.js'

const NOW = 1_767_225_600_000
const TEXT = [
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  '"',
  '\\',
  '\\n',
  '\xff',
  '\xc3\xa9',
  '\xed\xa0\x80',
  '__name__',
  '-',
  '+Inf',
  'NaN',
  '1e400',
  '0x1p-3',
]

/** InfluxDB line protocol. */
export const influx: Subject = {
  name: 'influx',
  samples: latin(
    'cpu,host=a,region=eu usage=0.5,count=3i,big=7u,on=true,note="a \\"b\\" c" 1767225600000000000\nmem free=1e9\n',
    '# comment\nm\\ easure\\,ment,t\\=ag=v\\ alue f\\ ield=1,value=-2.5e-3 -5\n\nwe,a=b v=f 1\r\n',
  ),
  words: latin(
    ...TEXT,
    ',',
    '=',
    'cpu',
    'host=a',
    'value=1',
    '3i',
    '18446744073709551615u',
    't',
    'FALSE',
    '1767225600',
    '\\ ',
    '\\,',
    '#',
  ),
  open() {
    const decoder = new InfluxDecoder()
    const sink = new CheckingSink()
    return counted(sink, (body) => decoder.decode(body, { nowMs: NOW }, sink))
  },
}

/** StatsD and its dialects. */
export const statsd: Subject = {
  name: 'statsd',
  samples: latin(
    'page.views:1|c|@0.1|#country:se,env:prod\napi.time:320|ms\nload:+4|g\nload:-1|g\nusers:alice|s\n',
    'd:1:2:3|d|#a:b|T1767225600\nh:1.5|h|c:container\nm[a=b,c=d]:1|c\nm#a=b:2|c\nm,a=b:3|c\n_e{5,4}:title|text\n_sc|up|0\n',
  ),
  words: latin(
    ...TEXT,
    ':',
    '|',
    '|c',
    '|g',
    '|ms',
    '|s',
    '|@',
    '@0.0000001',
    '|#',
    'a:b',
    ',',
    '[a=b]',
    '|T1',
    '+1',
    '_e{1,1}:',
    '{',
  ),
  open() {
    const decoder = new StatsdDecoder({ limits: { gaugeStates: 1000, statsdSetMembers: 1000 } })
    const sink = new CheckingSink()
    let nowMs = NOW
    return counted(sink, (body) => {
      nowMs += 3
      decoder.decode(body, { nowMs }, sink)
    })
  },
  // A window of sets is counted with the first line that comes after it.
  piecesPerByte: 3,
}

const EXPOSITION = latin(
  '# HELP a_seconds A \\n histogram\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\na_seconds_bucket{h="x\\"y",le="0.5"} 1 # {trace="1"} 0.25 1700000000.5\na_seconds_bucket{h="x\\"y",le="+Inf"} 3\na_seconds_count{h="x\\"y"} 3\na_seconds_sum{h="x\\"y"} 2.5e-1\n# TYPE b counter\nb_total{} 7 1700000000\nc NaN\n# EOF\n',
  '# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 2\ns_count 3\n{"utf8.name",a="b"} 4\n# TYPE i info\ni_info{v="1"} 1\n# TYPE st stateset\nst{st="a"} 1\n# TYPE g gaugehistogram\ng_bucket{le="1"} 1\ng_gcount 1\ng_gsum 1\n# EOF\n',
)
const EXPOSITION_WORDS = latin(
  ...TEXT,
  '# TYPE ',
  '# HELP ',
  '# UNIT ',
  '# EOF',
  'a',
  '{',
  '}',
  '{le="',
  'le="+Inf"',
  '_bucket',
  '_total',
  '=',
  ',',
  ' 1',
  ' # {',
  'counter',
  'histogram',
  'summary',
  '1700000000',
)

/** The text format of Prometheus, and OpenMetrics as exporters send it. */
export const prometheusText: Subject = {
  name: 'prometheus',
  samples: EXPOSITION,
  words: EXPOSITION_WORDS,
  open() {
    const decoder = new PrometheusTextDecoder()
    const sink = new CheckingSink()
    return counted(sink, (body) => {
      const format = body.length % 2 === 0 ? 'prometheus' : 'openmetrics'
      decoder.decode(body, { nowMs: NOW, format }, sink)
    })
  },
}

/** OpenMetrics to the letter. */
export const openMetrics: Subject = {
  name: 'openmetrics',
  samples: EXPOSITION,
  words: EXPOSITION_WORDS,
  open() {
    const decoder = new OpenMetricsDecoder()
    const sink = new CheckingSink()
    return counted(sink, (body) => decoder.decode(body, { nowMs: NOW }, sink))
  },
}

/** The parser of PromQL, and its printer on what it understood. */
export const promql: Subject = {
  name: 'promql',
  samples: latin(
    'sum by (region) (rate(api_requests_total{code=~"5..",env!="dev"}[5m] offset 1h)) / on (region) group_left (x) foo > bool 1',
    'histogram_quantile(0.9, sum without (host) (x:histogram)) and topk(3, max_over_time(a{"b.c"="d"}[1d:5m] @ end()))',
    '-a ^ -2 % 3 == "text" or label_replace(up, "a", "$1", "b", "(.*)") unless {__name__=~"a|b{1,3}[^c-d]+"}',
  ),
  words: latin(
    ...TEXT,
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    '[5m]',
    '[1h:1m]',
    'sum',
    'by',
    'rate',
    'offset',
    '@',
    'start()',
    '=~',
    '!~',
    '"(a*)*"',
    '"[["',
    '1d',
    '-',
    '^',
    'and',
    'on',
    'group_left',
    'bool',
    ',',
    ':',
    'up',
    '#',
    '\x60',
    "'",
  ),
  open: () => (input) => {
    const text = Buffer.from(input).toString()
    try {
      parseExpr(formatExpr(parseExpr(text)))
    } catch (error) {
      expectQueryError(error)
    }
    try {
      return parseMatch(text).length
    } catch (error) {
      expectQueryError(error)
      return 1
    }
  },
}

function expectQueryError(error: unknown): void {
  if (!(error instanceof TidemarkError) || !error.code.startsWith('TM_QUERY_')) throw error
}

function counted(sink: CheckingSink, decode: (body: Uint8Array) => void): (body: Uint8Array) => number {
  return (body) => {
    sink.pieces = 0
    decode(body)
    return sink.pieces
  }
}
