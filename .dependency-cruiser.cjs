/** The import law of the project, one rule a layer. Tests stand beside their file and may use what they need. */
const OURS =
  '^(schemas|access|ingest|speed|batch|promql|serving|alerting|workflows|adapters|roles|web|infra|test|cli)/|^main\\.ts'
const TESTS = '\\.test\\.ts$|/testing/'

const only = (layer, allowed) => ({
  name: `${layer}-imports`,
  comment: `${layer}/ may import ${[layer, ...allowed].join(', ')} and nothing else of ours`,
  severity: 'error',
  from: { path: `^${layer}/`, pathNot: TESTS },
  to: { path: OURS, pathNot: `^(${[layer, ...allowed].join('|')})/` },
})

module.exports = {
  forbidden: [
    only('schemas', []),
    only('access', ['schemas']),
    only('ingest', ['schemas']),
    only('speed', ['schemas']),
    only('batch', ['schemas']),
    only('promql', ['schemas']),
    only('serving', ['schemas', 'promql']),
    only('alerting', ['schemas', 'promql']),
    only('adapters', ['schemas']),
    only('workflows', ['schemas', 'batch', 'alerting']),
    {
      name: 'infra-imports',
      comment: 'infra/ may import schemas, and how the embedded Postgres is run, so that this stands once',
      severity: 'error',
      from: { path: '^infra/', pathNot: TESTS },
      to: { path: OURS, pathNot: '^(infra|schemas)/|^adapters/embedded/postgres-(account|programs)\\.ts$' },
    },
    {
      name: 'product-without-infra',
      comment: 'what starts servers for trial and test is no part of the product',
      severity: 'error',
      from: { pathNot: '^(infra|test|cli)/' },
      to: { path: '^infra/' },
    },
    {
      name: 'flow-is-deterministic',
      comment: 'a *.flow.ts imports the SDK, constants of schemas and types of activities',
      severity: 'error',
      from: { path: '\\.flow\\.ts$' },
      to: {
        pathNot: '^schemas/|@temporalio/workflow|@temporalio/common|\\.flow\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'activities-call-the-layers',
      comment: 'of workflows/ only activities.ts calls batch/ and alerting/; the others may name their types',
      severity: 'error',
      from: { path: '^workflows/', pathNot: `^workflows/activities\\.ts$|${TESTS}` },
      to: { path: '^(batch|alerting)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-the-product',
      comment: 'what only tests use is imported by tests alone',
      severity: 'error',
      from: { pathNot: `^test/|${TESTS}` },
      to: { path: `^test/|${TESTS}` },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'kafkajs-in-one-file',
      comment:
        'kafkajs is not maintained any more: one file of the product knows it, and the tests against a real broker',
      severity: 'error',
      from: { pathNot: '^adapters/kafka/client\\.ts$|^test/stack/' },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'ioredis-in-one-folder',
      severity: 'error',
      from: { pathNot: '^adapters/redis/|^test/(stack|bench)/' },
      to: { path: 'node_modules/ioredis' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
}
