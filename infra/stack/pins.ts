import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of go.mod, go.sum and *pom.xml, which name versions; this file and package.json (Postgres) name the others. */
export const PINS_FOLDER = dirname(fileURLToPath(import.meta.url))

/** Redis comes as a Debian package: the version of Debian 12, and the oldest that is taken from PATH. */
export const REDIS = { version: '7.0.15', oldest: '7' }

/** A program that Go builds. */
export interface GoTool {
  /** Import path of its main package. */
  package: string
  version: string
}

/** The `tool` of go.mod whose package ends with the name. */
export function goTool(name: string): GoTool {
  const lines = readFileSync(`${PINS_FOLDER}/go.mod`, 'utf8').split('\n')
  const tool = lines.map((line) => line.trim().replace(/^tool /, '')).find((line) => line.endsWith(`/${name}`))
  if (!tool) throw new Error(`go.mod names no tool ${name}`)
  const required = lines.map((line) => line.trim().split(' ')).find(([module]) => tool.startsWith(`${module}/`))
  if (!required) throw new Error(`go.mod requires no module of ${tool}`)
  return { package: tool, version: required[1] }
}

/** Version of a Maven artifact that a file of the folder names. */
export function mavenVersion(artifact: string, file = 'pom.xml'): string {
  const pom = readFileSync(`${PINS_FOLDER}/${file}`, 'utf8')
  const found = new RegExp(`<artifactId>${artifact.replaceAll('.', '\\.')}</artifactId>\\s*<version>([^<]+)<`).exec(pom)
  if (!found) throw new Error(`${file} names no artifact ${artifact}`)
  return found[1]
}
