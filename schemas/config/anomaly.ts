import { type Static, Type } from '@sinclair/typebox'
import { group } from './fields.js'

/** The detectors by name, the default first. */
export const DETECTOR_NAMES = ['combined', 'robust-z', 'ewma', 'seasonal', 'level-shift'] as const
/** The name of a detector. */
export type DetectorName = (typeof DETECTOR_NAMES)[number]

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
})
