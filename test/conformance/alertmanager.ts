import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Story, tellStory } from './alertmanager-story.js'
import { unmetWants } from './alertmanager-wants.js'
import type { CorpusReport } from './report.js'

/** Timed stories of what Alertmanager is told and what it then tells: the same must leave our dispatcher. */
export async function runAlertmanager(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'alertmanager', passed: 0, failures: [] }
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  for (const file of names) {
    const story = JSON.parse(await readFile(join(folder, file), 'utf8')) as Story
    for (const instances of [story.instances ?? 1].flat()) runOne(story, instances, report)
  }
  return report
}

function runOne(story: Story, instances: number, report: CorpusReport): void {
  const name = instances === 1 ? story.name : `${story.name} with ${instances} instances`
  try {
    const unmet = unmetWants(story, tellStory(story, instances))
    if (unmet.length === 0) report.passed++
    else report.failures.push(`${name}: ${unmet.join('; ')}`)
  } catch (thrown) {
    report.failures.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}
