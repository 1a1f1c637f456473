import { Command } from 'commander'
import { ask, type ServerOptions, withServer } from '../server.js'

export function enableCommand(): Command {
  return oneRule('enable', 'judges a rule again', 'POST', '/enable', 'on: it is judged from now on')
}

export function disableCommand(): Command {
  return oneRule('disable', 'judges a rule no longer; its alerts end', 'POST', '/disable', 'off: its alerts end')
}

export function deleteCommand(): Command {
  return oneRule('delete', 'deletes a rule; its alerts end', 'DELETE', '', 'deleted')
}

function oneRule(name: string, about: string, method: string, path: string, done: string): Command {
  return withServer(new Command(name))
    .description(about)
    .argument('<rule>', 'its id: see `tidemark rules list`')
    .action(async (id: string, server: ServerOptions) => {
      await ask(server, `/api/v1/alert-rules/${encodeURIComponent(id)}${path}`, { method })
      process.stdout.write(`${id}: ${done}\n`)
    })
}
