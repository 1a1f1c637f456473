import { TidemarkError } from '../../schemas/errors.js'

/** Everything that can be wrong with a line of an exposition. The offending line is told beside it. */
const FAULTS = {
  // Lexical
  encoding: 'the line is not valid UTF-8',
  metricName: 'the metric name must match [a-zA-Z_:][a-zA-Z0-9_:]* (other names are quoted inside the braces)',
  labelName: 'a label name must match [a-zA-Z_][a-zA-Z0-9_]* (other names are quoted)',
  labelEquals: 'a label name must be followed by = and a value in double quotes',
  labelQuote: 'a label value must stand in double quotes',
  labelComma: 'labels must be separated by single commas',
  labelTwice: 'a label stands twice in one series',
  unclosed: 'the line ends inside the braces or quotes of its labels',
  reservedLabel: 'the label __name__ is reserved for the metric name',
  value: 'the value is not a number',
  noValue: 'no value follows the series',
  timestamp: 'the timestamp is not a number',
  timestampMs: 'the timestamp is not a whole number of milliseconds',
  trailing: 'there is text after the value and timestamp',
  // OpenMetrics lines
  blankLine: 'OpenMetrics allows no blank lines',
  carriageReturn: 'OpenMetrics lines end with a line feed alone, not with a carriage return',
  noLineFeed: 'the line does not end with a line feed: the exposition was cut off',
  noEof: 'the exposition does not end with "# EOF": it may have been cut off',
  afterEof: 'there is text after "# EOF"',
  metadata: 'a line that begins with # must be "# TYPE|HELP|UNIT name …" or "# EOF", with single spaces',
  metadataTwice: 'the family has this metadata already',
  metadataLate: 'metadata must come before the samples of its family',
  helpEscape: 'the help text ends with a single backslash',
  type: 'the type must be counter, gauge, histogram, gaugehistogram, stateset, info, summary or unknown',
  unitName: 'a unit must be made of letters, digits, _ and :',
  unitSuffix: 'the family name must end with _ and its unit',
  unitType: 'a family of type info or stateset has no unit',
  clash: 'the name belongs to an earlier family: families must be unique and must not be interleaved',
  // OpenMetrics samples
  counterNan: 'counters, counts, sums and buckets cannot be NaN',
  counterNegative: 'counters, counts, sums and buckets cannot be negative',
  notInteger: 'counts and buckets must be whole numbers',
  created: 'a _created value must be a time',
  le: 'a bucket needs a label le with a number that is not NaN; infinity is written +Inf',
  quantile: 'a quantile needs a label quantile from 0 to 1',
  quantileNegative: 'the value of a quantile cannot be negative',
  statesetLabel: 'a stateset sample needs a label with the name of its family',
  statesetValue: 'a stateset sample is 0 or 1',
  infoValue: 'an info sample is 1',
  interleaved: 'the samples of one metric must stand together',
  timestampMixed: 'either all samples of a metric have timestamps or none',
  timestampOrder: 'the timestamps of a metric must not go back',
  sampleTwice: 'the sample stands twice without timestamps',
  exemplar: 'an exemplar is written " # {labels} value [timestamp]"',
  exemplarPlace: 'only _total of counters and _bucket of histograms take exemplars',
  exemplarLength: 'the labels of an exemplar have more than 128 characters',
  exemplarRange: "the value of an exemplar must lie within its bucket's bound",
  // Histograms as a whole
  bucketOrder: 'the buckets of a histogram must stand in increasing order of le, each once',
  bucketCumulative: 'the buckets of a histogram must be cumulative',
  bucketInfinity: 'the histogram has no +Inf bucket',
  countBucket: 'the count of a histogram must equal its +Inf bucket',
  countSum: 'a histogram has either both count and sum or neither',
  sumNegativeBuckets: 'a histogram with negative buckets has no sum',
  sumNegative: 'a histogram without negative buckets cannot have a negative sum',
} as const

/** What is wrong with a line. */
export type Fault = keyof typeof FAULTS

const errors = new Map<Fault, TidemarkError>()

/** The error of a fault. One object for each fault, so that a body of nothing but bad lines costs no stack traces. */
export function faultError(fault: Fault): TidemarkError {
  let error = errors.get(fault)
  if (error === undefined) {
    error = new TidemarkError('TM_LINE_SYNTAX', { reason: FAULTS[fault] })
    errors.set(fault, error)
  }
  return error
}

const ZERO_BYTE = new TidemarkError('TM_SERIES_ZERO_BYTE')

/** The error of a series with a zero byte in a name or value, which no series here can hold. */
export function zeroByteError(): TidemarkError {
  return ZERO_BYTE
}
