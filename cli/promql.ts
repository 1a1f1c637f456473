import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { parseExpr } from '../promql/parse.js'
import { prettyExpr } from '../promql/print/format.js'
import { exprToJson } from '../promql/print/json.js'
import { runScript } from '../promql/script/run-script.js'
import type { CommandStreams } from './decode.js'

/** Exit statuses of `promql test`. */
const FAILED = 1
const UNREADABLE = 2

export function promqlCommand(streams: CommandStreams = process): Command {
  const promql = new Command('promql').description(
    'works with PromQL itself: runs test scripts, formats and parses queries',
  )
  for (const command of [testCommand(streams), formatCommand(streams), parseCommand(streams)]) {
    promql.addCommand(subcommand(command))
  }
  return promql
}

function subcommand(command: Command): Command {
  return command.exitOverride().showHelpAfterError(`(tidemark promql ${command.name()} --help shows examples)`)
}

function testCommand(streams: CommandStreams): Command {
  return new Command('test')
    .description("runs test scripts of Prometheus's format (promqltest) against the query engine")
    .argument('<file...>', 'scripts to run')
    .addHelpText(
      'after',
      `
Prints one line for each failed eval, then how many passed and failed. Exit status 1 if any failed, 2 if a file cannot
be read. Each instant eval is run again with @ at other times, and as the middle of a range query.

A script loads series and says what queries give:
  load 1m
    http_requests_total{path="/"} 0+60x10

  eval instant at 10m rate(http_requests_total[5m])
    {path="/"} 1

Examples:
  $ tidemark promql test rate.test
  $ tidemark promql test scripts/*.test

Items: 1 (a value), 1x3 (it, and 3 more), 0+60x10 (a ramp), _ (no point), stale, {{schema:0 count:3 sum:6 buckets:[1 2]}}
Checks under an eval: expect fail, expect warn, expect info msg: TEXT, expect ordered, expect no_warn`,
    )
    .action(async (files: string[], _, command: Command) => {
      const scripts = await Promise.all(files.map((file) => readScript(file, command)))
      let passed = 0
      let failed = 0
      for (const { file, text } of scripts) {
        for await (const { line, query, failure } of runScript(text)) {
          if (failure === undefined) passed++
          else {
            failed++
            streams.stdout.write(`${file}:${line}: ${query}: ${failure}\n`)
          }
        }
      }
      streams.stdout.write(`${passed} passed, ${failed} failed\n`)
      if (failed > 0) streams.exitCode = FAILED
    })
}

function formatCommand(streams: CommandStreams): Command {
  return new Command('format')
    .description('prints a query as it is best read')
    .argument('<query>', 'PromQL')
    .addHelpText('after', "\nExample:\n  $ tidemark promql format 'sum(rate(x[5m]))by(job)'")
    .action((query: string) => {
      streams.stdout.write(`${prettyExpr(parseExpr(query))}\n`)
    })
}

function parseCommand(streams: CommandStreams): Command {
  return new Command('parse')
    .description('prints what a query is made of, as JSON')
    .argument('<query>', 'PromQL')
    .addHelpText('after', '\nExample:\n  $ tidemark promql parse \'up{job="api"} offset 5m\'')
    .action((query: string) => {
      streams.stdout.write(`${JSON.stringify(exprToJson(parseExpr(query)), undefined, 2)}\n`)
    })
}

async function readScript(file: string, command: Command): Promise<{ file: string; text: string }> {
  try {
    return { file, text: await readFile(file, 'utf8') }
  } catch (thrown) {
    return command.error(`${file} cannot be read: ${(thrown as Error).message}`, { exitCode: UNREADABLE })
  }
}
