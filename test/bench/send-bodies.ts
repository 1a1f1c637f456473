import { Agent, request } from 'node:http'
import type { Body } from './shapes.js'

const CONNECTIONS = 4

/**
 * Posts every body to /write over kept-alive connections.
 * @param connections 1: one body after the other, in order
 * @throws unless each is answered 204
 */
export async function sendBodies(
  port: number,
  bodies: Iterator<Pick<Body, 'bytes'>>,
  connections = CONNECTIONS,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const connection = async () => {
    for (let next = bodies.next(); !next.done; next = bodies.next()) await post(agent, port, next.value.bytes)
  }
  await Promise.all(Array.from({ length: connections }, connection))
  agent.destroy()
}

function post(agent: Agent, port: number, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain', 'content-length': body.length }
    const sent = request({ agent, host: '127.0.0.1', port, path: '/write', method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 204) resolve()
        else reject(new Error(`the server answered ${response.statusCode}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
