// Transpiles every source file into dist/ (esbuild, no bundling) and bundles the Temporal workflows
// when they changed. Types are checked by `npm run typecheck`, not here: a start must be quick.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const SKIPPED = new Set(['node_modules', 'dist', 'data', 'web'])

const sources = listFiles(root, (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.d.ts'))
rmSync(dist, { recursive: true, force: true })
await build({
  entryPoints: sources,
  outdir: dist,
  outbase: root,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
})
for (const asset of listFiles(root, isAsset)) {
  const target = join(dist, relative(root, asset))
  mkdirSync(dirname(target), { recursive: true })
  cpSync(asset, target)
}
await bundleWorkflows()

function listFiles(folder, wanted) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name) || entry.name === 'vitest.config.ts') return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listFiles(path, wanted)
    return wanted(path) ? [path] : []
  })
}

/** The bundle costs seconds, so it is kept in node_modules/.cache and made again only when a source of it changed. */
async function bundleWorkflows() {
  const entry = join(dist, 'workflows', 'flows.js')
  if (!existsSync(entry)) return
  const inputs = [
    ...listFiles(join(dist, 'workflows'), isCode),
    ...listFiles(join(dist, 'schemas'), isCode),
    join(root, 'package-lock.json'),
    fileURLToPath(import.meta.url),
  ]
  const hash = createHash('sha256')
  for (const file of inputs.sort()) hash.update(readFileSync(file))
  const cached = join(root, 'node_modules', '.cache', `tidemark-workflows-${hash.digest('hex').slice(0, 16)}.js`)
  if (!existsSync(cached)) {
    console.log('bundling the workflows (only when they changed; some seconds)…')
    const { bundleWorkflowCode } = await import('@temporalio/worker')
    const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error }
    const { code } = await bundleWorkflowCode({ workflowsPath: entry, logger: quiet })
    mkdirSync(dirname(cached), { recursive: true })
    writeFileSync(cached, withoutSourceMap(code))
  }
  cpSync(cached, join(dist, 'workflows', 'bundle.js'))
}

/** The SDK wants a source map and keeps it in memory: an empty one saves 15 MB in every worker. */
function withoutSourceMap(code) {
  const empty = JSON.stringify({ version: 3, file: 'bundle.js', sources: [], names: [], mappings: '' })
  return code.replace(
    /(sourceMappingURL=data:application\/json;charset=utf-8;base64,)\S+/,
    `$1${Buffer.from(empty).toString('base64')}`,
  )
}

/** What sources read at run time: statements, the pipeline's own rules, the pins of infra/stack, and peers. */
function isAsset(file) {
  return (
    file.endsWith('.sql') ||
    /alerting\/rules\/.*\.yaml$/.test(file) ||
    /infra\/stack\/(go\.mod|go\.sum|[a-z.-]*pom\.xml)$/.test(file) ||
    /test\/bench\/peers\/(pom\.xml|.*\.java)$/.test(file)
  )
}

function isCode(file) {
  return file.endsWith('.js') && !file.endsWith('bundle.js')
}
