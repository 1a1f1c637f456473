import { Agent, request } from 'node:http'
import type { Body } from './shapes.js'

const CONNECTIONS = 4

/** Posts every body to /write over a few kept-alive connections. @throws unless each is answered 204 */
export async function sendBodies(port: number, bodies: Iterator<Pick<Body, 'bytes'>>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const connection = async () => {
    for (let next = bodies.next(); !next.done; next = bodies.next()) await post(agent, port, next.value.bytes)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
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
