import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compressSync } from 'snappy'
import { encodeWriteRequest, type WriteSeries } from '../../ingest/remote-write/encode.js'
import { Program } from '../clients/programs/program.js'
import { freePorts, TestServer } from '../e2e/server.js'

/** Blocks so short that most of the data is sealed when it is asked for. */
export const BLOCK_MS = 60_000
const SETTINGS = {
  TIDEMARK_COLLECTOR_ENABLED: 'false',
  TIDEMARK_SELF_COLLECT: 'false',
  TIDEMARK_BLOCKS_LENGTH: `${BLOCK_MS / 1000 / 60}m`,
  TIDEMARK_BLOCKS_SLACK: '2s',
  TIDEMARK_ARCHIVE_FLUSH_EVERY: '2s',
  TIDEMARK_BATCH_SEAL_EVERY: '2s',
}

/** A Prometheus that takes what it is sent and scrapes nothing. */
export interface Prometheus {
  url: string
  /** `2.42.0`, as it says itself; one built by hand says nothing. */
  version: string
  stop: () => Promise<void>
}

/** @param program its name on the PATH, or where it is */
export async function startPrometheus(program: string, folder: string): Promise<Prometheus> {
  const [port] = await freePorts(1)
  const config = join(folder, 'prometheus.yaml')
  writeFileSync(config, '{}\n')
  const url = `http://127.0.0.1:${port}`
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    // Version 2 knows no such feature, says so and goes on.
    '--enable-feature=promql-experimental-functions',
  ]
  const running = await new Program(program, flags).answers(`${url}/-/ready`)
  const built = (await (await fetch(`${url}/api/v1/status/buildinfo`)).json()) as { data: { version: string } }
  return { url, version: built.data.version, stop: () => running.stop() }
}

export function startTidemark(folder: string): Promise<TestServer> {
  return TestServer.start({ dataDir: join(folder, 'data'), settings: SETTINGS })
}

/** Writes to both servers by remote-write. @throws if one does not take it */
export async function writeToAll(urls: readonly string[], series: readonly WriteSeries[]): Promise<void> {
  const body = compressSync(Buffer.from(encodeWriteRequest(series)))
  const headers = {
    'content-encoding': 'snappy',
    'content-type': 'application/x-protobuf',
    'x-prometheus-remote-write-version': '0.1.0',
  }
  for (const url of urls) {
    const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`${url} refuses a write with ${response.status}: ${await response.text()}`)
  }
}
