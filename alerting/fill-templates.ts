import { type AskOptions, askForTemplate, type Given, templateSample } from './ask.js'
import type { Templated } from './rule-file.js'

/** What templates are filled in with, besides the sample. */
export interface FillOptions extends AskOptions {
  /** What templates know of this installation. */
  external?: External
}

/** What tells this installation from others. */
interface External {
  labels: Readonly<Record<string, string>>
  url: string
}

const NO_EXTERNAL: External = { labels: {}, url: '' }

/** What templates become; one that fails says so in its place, for an alert must not be lost over its wording. */
export async function fillTemplates(
  templates: readonly Templated[],
  given: Given,
  timeMs: number,
  options: FillOptions,
): Promise<Record<string, string>> {
  const { labels, url } = options.external ?? NO_EXTERNAL
  const context = { ...templateSample(given), timeMs, externalLabels: labels, externalUrl: url }
  const filled: Record<string, string> = {}
  for (const { name, fill } of templates) {
    try {
      const text = fill(context, (query) => askForTemplate(query, timeMs, options))
      filled[name] = typeof text === 'string' ? text : await text
    } catch (thrown) {
      filled[name] = `<error expanding template: ${(thrown as Error).message}>`
    }
  }
  return filled
}
