import { expect, test } from 'vitest'
import { parseExpr } from '../../promql/parse.js'
import { factsOfRule } from './rule-facts.js'

const facts = (text: string) => factsOfRule({ alert: 'A', expr: parseExpr(text), text })

test('a short comparison with a number is told as the condition', () => {
  expect(facts('error_rate>0.05')).toEqual({
    ruleId: 'A',
    query: 'error_rate>0.05',
    condition: 'error_rate > 0.05',
    threshold: '0.05',
    channels: [],
  })
})

test('of anything else the name of the rule is told', () => {
  expect(facts('absent(up)').condition).toBeUndefined()
  const long = facts('sum by (host) (rate(http_requests_errors_total{code=~"5.."}[5m])) > 10')
  expect(long).toMatchObject({ condition: undefined, threshold: '10' })
})
