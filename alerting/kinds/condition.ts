import { type Static, Type } from '@sinclair/typebox'

const Amount = Type.Union([Type.Number(), Type.String({ minLength: 1 })], {
  description: 'a number in the unit of the metric, or with a unit of its own: "5%", "500ms", "2GB"',
})
const Span = Type.String({ minLength: 1, description: 'such as 5m or "5 minutes"' })

/** How long it must hold before it fires, and how long it goes on firing afterwards. */
const times = { duration: Type.Optional(Span), keep_firing_for: Type.Optional(Span) }
const closed = { additionalProperties: false }
const metric_unit = Type.Optional(
  Type.String({
    description: 'what the metric counts in, where neither its name nor its sender says so: ratio, ms, …',
  }),
)

const COMPARISONS = ['>', '>=', '<', '<=', '==', '!='] as const
const CHANGES = ['increases', 'decreases', 'changes'] as const
const CONNECTIVES = ['AND', 'OR', 'NOT'] as const
const literals = <T extends string>(values: readonly T[]) => Type.Union(values.map((value) => Type.Literal(value)))

const threshold = { operator: literals(COMPARISONS), threshold: Amount, metric_unit }
const change = {
  operator: literals(CHANGES),
  threshold: Amount,
  within: Span,
  metric_unit,
}
const anomaly = {
  operator: Type.Literal('anomalous'),
  direction: Type.Optional(literals(['any', 'above', 'below'] as const)),
  sensitivity: Type.Optional(
    Type.Union([literals(['low', 'medium', 'high'] as const), Type.Number({ minimum: 0, maximum: 1 })]),
  ),
}
const absent = {
  operator: Type.Literal('absent'),
  each: Type.Optional(Type.Boolean({ description: 'each series that was there, not only the last one' })),
}
const promql = { operator: Type.Literal('promql') }
const connective = { operator: literals(CONNECTIVES) }
const per = Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'labels that must be equal' }))
const metric_query = Type.String({ minLength: 1 })

const Threshold = Type.Object(threshold, closed)
const Change = Type.Object(change, closed)
const Anomaly = Type.Object(anomaly, closed)
const Absent = Type.Object({ ...absent, duration: Type.Optional(Span) }, closed)
const PromQl = Type.Object(promql, closed)

export type Comparison = (typeof COMPARISONS)[number]
export type Threshold = Static<typeof Threshold>
export type Change = Static<typeof Change>
export type Anomaly = Static<typeof Anomaly>
export type Absent = Static<typeof Absent>
type PromQl = Static<typeof PromQl>
export type Times = { duration?: string; keep_firing_for?: string }

/** One condition about one query. */
export type Leaf = Threshold | Change | Anomaly | Absent | PromQl
/** A part of a composite condition: a leaf with its query, or parts that are connected. */
export type Part = (Leaf & { metric_query: string }) | Composite
/** Parts that must hold together, of which one must hold, or (one part) that must not hold. */
export interface Composite {
  operator: 'AND' | 'OR' | 'NOT'
  conditions: readonly Part[]
  per?: readonly string[]
}
/** What a rule fires on, as `alert_rules.condition` holds it. */
export type Condition = (Leaf | Composite) & Times

/** Schema of a whole condition, and of a part of one, by its operator. */
type SchemaOf = (operator: unknown) => ReturnType<typeof Type.Object> | undefined

function byOperator(leafExtra: object, connectiveExtra: object): SchemaOf {
  const leaf = (fields: object) => Type.Object({ ...fields, ...leafExtra }, closed)
  const composite = Type.Object(
    { ...connective, conditions: Type.Array(Type.Unknown(), { minItems: 1 }), per, ...connectiveExtra },
    closed,
  )
  const schemas: [readonly string[], ReturnType<typeof Type.Object>][] = [
    [COMPARISONS, leaf(threshold)],
    [CHANGES, leaf(change)],
    [['anomalous'], leaf(anomaly)],
    [['absent'], leaf({ ...absent, duration: Type.Optional(Span) })],
    [['promql'], leaf(promql)],
    [CONNECTIVES, composite],
  ]
  return (operator) => schemas.find(([operators]) => operators.includes(operator as string))?.[1]
}

/** The schema of a rule's condition with this operator; undefined if there is no such operator. */
export const conditionSchema: SchemaOf = byOperator(times, times)
/** The schema of a part of a composite condition. */
export const partSchema: SchemaOf = byOperator({ metric_query }, {})

/** Every operator, for messages. */
export const OPERATORS: readonly string[] = [
  ...COMPARISONS,
  ...CHANGES,
  'anomalous',
  'absent',
  'promql',
  ...CONNECTIVES,
]

export function isComposite(condition: Leaf | Composite | Part): condition is Composite {
  return (CONNECTIVES as readonly string[]).includes(condition.operator)
}
export function isThreshold(condition: Leaf): condition is Threshold {
  return (COMPARISONS as readonly string[]).includes(condition.operator)
}
export function isChange(condition: Leaf): condition is Change {
  return (CHANGES as readonly string[]).includes(condition.operator)
}
