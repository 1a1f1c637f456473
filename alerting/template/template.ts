import { parse } from './parse.js'
import { FUNCTION_NAMES, Pending, run } from './run.js'
import { type GoStruct, type GoValue, textMap } from './values.js'

/** A sample of an instant vector, `__name__` among its labels. */
export interface TemplateSample {
  labels: Readonly<Record<string, string>>
  /** A histogram is the text that Prometheus writes for it. */
  value: number | string
}

/** What a template may name and ask. */
interface TemplateContext extends TemplateSample {
  /** The time that is judged, ms. */
  timeMs: number
  externalLabels: Readonly<Record<string, string>>
  externalUrl: string
}

/** Answers queries as of the time that is judged. */
type TemplateQuery = (text: string) => Promise<readonly TemplateSample[]>

/** A label or annotation whose values are filled in for each alert. Rejects with an Error that says what failed. */
export type Template = (context: TemplateContext, query: TemplateQuery) => string | Promise<string>

/** Queries that one template may ask. */
const MAX_QUERIES = 100

/**
 * Reads a template of Go's text/template with the functions of Prometheus. `$labels`, `$value`, `$externalLabels` and
 * `$externalURL` are set.
 * @throws Error that says what cannot be read or is not known
 */
export function parseTemplate(text: string): Template {
  if (!text.includes('{{')) return () => text
  const template = parse(text, FUNCTION_NAMES, ['labels', 'externalLabels', 'externalURL', 'value'])
  return (context, query) => {
    const answers = new Map<string, readonly GoStruct[]>()
    const attempt = (): string | Promise<string> => {
      try {
        return filled(template, context, answers)
      } catch (thrown) {
        if (!(thrown instanceof Pending)) throw thrown
        if (answers.size >= MAX_QUERIES) throw new Error(`it asks more than ${MAX_QUERIES} queries`)
        return query(thrown.query).then((samples) => {
          answers.set(thrown.query, samples.map(sampleStruct))
          return attempt()
        })
      }
    }
    return attempt()
  }
}

function filled(
  template: ReturnType<typeof parse>,
  { labels, value, timeMs, externalLabels, externalUrl }: TemplateContext,
  answers: ReadonlyMap<string, readonly GoStruct[]>,
): string {
  const fields: [string, GoValue][] = [
    ['Labels', textMap(labels)],
    ['ExternalLabels', textMap(externalLabels)],
    ['ExternalURL', externalUrl],
    ['Value', value],
  ]
  const data: GoStruct = { kind: 'struct', type: 'struct', fields: new Map(fields) }
  const variables = [
    ['labels', data.fields.get('Labels')],
    ['externalLabels', data.fields.get('ExternalLabels')],
    ['externalURL', externalUrl],
    ['value', value],
  ] as const
  const query = (text: string) => {
    const answer = answers.get(text)
    if (!answer) throw new Pending(text)
    return answer
  }
  return run(template, data, variables, { query, timeMs, externalUrl })
}

function sampleStruct({ labels, value }: TemplateSample): GoStruct {
  const fields: [string, GoValue][] = [
    ['Labels', textMap(labels)],
    ['Value', value],
  ]
  return { kind: 'struct', type: 'template.sample', fields: new Map(fields) }
}
