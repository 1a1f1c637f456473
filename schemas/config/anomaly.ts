import { type Static, Type } from '@sinclair/typebox'
import { duration, group } from './fields.js'

/** The detectors by name, the default first. */
export const DETECTOR_NAMES = ['combined', 'robust-z', 'ewma', 'seasonal', 'level-shift'] as const
/** The name of a detector. */
export type DetectorName = (typeof DETECTOR_NAMES)[number]

/** Detectors that judge by a trained pattern where there is one. */
export const TRAINED_DETECTORS: ReadonlySet<DetectorName> = new Set(['combined', 'seasonal'])

/** Series whose windows are scored, and by which detector. The first rule that fits a series counts. */
const AnomalyRuleSchema = Type.Object(
  {
    match: Type.Record(Type.String(), Type.String({ minLength: 1 }), {
      minProperties: 1,
      description: 'regular expressions by label, anchored; __name__ is the metric',
    }),
    detector: Type.Union(
      DETECTOR_NAMES.map((name) => Type.Literal(name)),
      { default: DETECTOR_NAMES[0] },
    ),
  },
  { additionalProperties: false },
)
export type AnomalyRule = Static<typeof AnomalyRuleSchema>

/** Anomaly scores as series: anomaly_score, anomaly_lower and anomaly_upper. Those of rollups are not scored. */
export const anomalyGroup = group({
  rules: Type.Array(AnomalyRuleSchema, { default: [] }),
  max_series: Type.Integer({
    default: 1000,
    minimum: 1,
    description: 'series scored by one speed process; each takes up to 250 kB of memory',
  }),
  training: group({
    history: duration('28d', 'what seasonal patterns are trained on; a season must fit in twice'),
    at: Type.String({
      default: '00:30',
      pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      description: 'time of day (UTC) at which all are trained',
      errorMessage: 'write a time of day such as 00:30',
    }),
    retrain_every: duration('5m', 'those whose history was corrected since are looked for this often'),
  }),
})
