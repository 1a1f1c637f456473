import { parse as parseYaml } from 'yaml'
import { TidemarkError } from '../../schemas/errors.js'
import { type ImportedRules, importPrometheus, isPrometheusFile } from './prometheus-rules.js'
import { readRule } from './rule.js'

/**
 * Rules of a file in YAML or JSON: one rule, a list, `rules: […]`, or groups as Prometheus has them.
 * @param file its name, for messages
 * @throws TM_RULE_FILE, TM_RULE, TM_RULE_CONDITION
 */
export function readRules(text: string, file: string): ImportedRules {
  let content: unknown
  try {
    content = parseYaml(text)
  } catch (cause) {
    const details = { file, where: 'the whole file', reason: (cause as Error).message, fix: 'write it as YAML or JSON' }
    throw new TidemarkError('TM_RULE_FILE', details, cause)
  }
  if (isPrometheusFile(content)) return importPrometheus(text, file)
  const listed = (content as { rules?: unknown } | null)?.rules ?? content
  return { rules: [listed].flat().map(readRule), leftOut: [] }
}
