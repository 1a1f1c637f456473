import { definitions } from './definitions.js'
import { PART_NAMES, type PartName } from './part.js'

/** What each part is to Tidemark. */
const PURPOSES: Record<PartName, string> = {
  kafka: 'the log that points and windows travel through',
  redis: 'live view and caches that all processes share',
  victoriametrics: 'the hot store of closed 10 s windows',
  postgres: 'the catalog',
  s3: 'the objects of the archive (versitygw)',
  temporal: 'runs seal, recompute and retention',
}

/** The part of --help that teaches. */
export function lesson(): string {
  const line = (name: PartName) => `  ${name.padEnd(16)} ${definitions[name].version.padEnd(11)} ${PURPOSES[name]}`
  return `
Parts:
${PART_NAMES.map(line).join('\n')}

Examples:
  $ npm run stack                                     all parts, data in data/stack
  $ npx tidemark up --config data/stack/tidemark.yaml in another terminal: Tidemark on them
  $ npm run stack -- --only kafka,redis               two of them; Tidemark embeds the others
  $ npm run stack -- --dir /var/tmp/stack --fresh     elsewhere, from nothing
  $ npm run stack -- --install                        only brings the programs

Servers listen on 127.0.0.1, on free ports that a later start takes again. Ctrl-C stops them and keeps their data;
they never outlive this process. What a server says stands in <folder>/<part>.log.

The first start builds and fetches what is missing into ~/.cache/tidemark-stack: Kafka by Maven (45 MB),
VictoriaMetrics, versitygw and Temporal by Go (some minutes). Redis, Java, Maven and Go come as Debian packages
where they are not on PATH. With Docker instead: docker compose -f infra/compose.yaml up`
}
