import type { Label } from '../../schemas/series/series.js'
import { BadPointError, type ScopeHeader } from './data-point.js'
import { labelName } from './names.js'
import type { OtlpOptions } from './options.js'

const SERVICE_NAMESPACE = 'service.namespace'
const SERVICE_NAME = 'service.name'
const SERVICE_INSTANCE = 'service.instance.id'
const IDENTIFYING: ReadonlySet<string> = new Set([SERVICE_NAMESPACE, SERVICE_NAME, SERVICE_INSTANCE])

/**
 * Attributes as labels. Keys that become the same label are joined with `;` in order of the keys. `__name__` is the
 * metric's and never an attribute's.
 */
function attributeLabels(attributes: readonly Label[], names: OtlpOptions['names']): Map<string, string> {
  const labels = new Map<string, string>()
  const sorted = attributes.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  for (const [key, value] of sorted) {
    if (key === '__name__') continue
    const name = names === 'keep' ? keptName(key) : labelName(key)
    const before = labels.get(name)
    labels.set(name, before === undefined ? value : `${before};${value}`)
  }
  return labels
}

/**
 * The labels of a data point. Its own attributes come before promoted ones of the resource; scope labels, `job` and
 * `instance` replace what has their name.
 * @throws BadPointError
 */
export function pointLabels(
  attributes: readonly Label[],
  resource: readonly Label[],
  scope: ScopeHeader,
  options: OtlpOptions,
): Label[] {
  const labels = attributeLabels(attributes, options.names)
  for (const [name, value] of promotedLabels(resource, options)) if (!labels.has(name)) labels.set(name, value)
  if (options.scopeLabels && scope.name !== '') {
    for (const [name, value] of attributeLabels(
      scope.attributes.map(([key, value]): Label => [`otel_scope_${key}`, value]),
      options.names,
    )) {
      labels.set(name, value)
    }
    labels.set('otel_scope_name', scope.name)
    labels.set('otel_scope_version', scope.version)
    labels.set('otel_scope_schema_url', scope.schemaUrl)
  }
  for (const [name, value] of targetLabels(resource)) labels.set(name, value)
  return [...labels]
}

/**
 * The labels of the resource's `target_info` series: all its attributes but those that make `job` and `instance`.
 * @returns undefined if there would be nothing to tell, or nothing to tell it of
 * @throws BadPointError
 */
export function targetInfoLabels(resource: readonly Label[], options: OtlpOptions): Label[] | undefined {
  const target = targetLabels(resource)
  const telling = resource.filter(([key]) => !IDENTIFYING.has(key))
  if (telling.length === 0 || target.length === 0) return undefined
  const labels = attributeLabels(telling, options.names)
  for (const [name, value] of target) labels.set(name, value)
  return [...labels]
}

/** `job` and `instance` of a resource. */
function targetLabels(resource: readonly Label[]): Label[] {
  const attributes = new Map(resource)
  const service = attributes.get(SERVICE_NAME)
  const namespace = attributes.get(SERVICE_NAMESPACE)
  const instance = attributes.get(SERVICE_INSTANCE)
  const labels: Label[] = []
  if (service !== undefined) labels.push(['job', namespace === undefined ? service : `${namespace}/${service}`])
  if (instance !== undefined) labels.push(['instance', instance])
  return labels
}

function promotedLabels(
  resource: readonly Label[],
  { promoteResourceAttributes: promoted = [], names }: OtlpOptions,
): Map<string, string> {
  const chosen = promoted === 'all' ? resource : resource.filter(([key]) => promoted.includes(key))
  return attributeLabels(chosen, names)
}

function keptName(key: string): string {
  if (key === '') throw new BadPointError('an attribute has an empty key')
  return key
}
