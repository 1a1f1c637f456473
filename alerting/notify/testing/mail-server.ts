import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** How a mail server behaves at RCPT or at the end of DATA. */
type MailBehaviour = { at: 'rcpt' | 'data'; code: number } | 'stall' | 'lose reply'

/** A mail server on loopback, without encryption, that wants the user `ann` with the password `s3cret-pass`. */
export interface MailServer {
  port: number
  mails: { to: string[]; text: string }[]
  /** For the next mails, one each. */
  next: MailBehaviour[]
  close(): Promise<void>
}

export async function startMailServer(): Promise<MailServer> {
  const smtp = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (username === 'ann' && password === 's3cret-pass') done(null, { user: username })
      else done(Object.assign(new Error(`no ${password} for ${username}`), { responseCode: 535 }))
    },
    onRcptTo(_address, _session, done) {
      const behaviour = mail.next[0]
      if (typeof behaviour === 'object' && behaviour.at === 'rcpt') {
        mail.next.shift()
        done(smtpError(behaviour.code))
      } else done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const behaviour = mail.next.shift()
        if (behaviour === 'stall') return
        if (typeof behaviour === 'object') return done(smtpError(behaviour.code))
        const to = session.envelope.rcptTo.map(({ address }) => address)
        mail.mails.push({ to, text: Buffer.concat(chunks).toString('utf8') })
        if (behaviour === 'lose reply') for (const { _socket } of connections()) _socket.destroy()
        else done()
      })
    },
  })
  // A client that goes away is no error of the server.
  smtp.on('error', () => undefined)
  const connections = () => smtp.connections as unknown as Set<{ _socket: { destroy(): void } }>
  await new Promise<void>((resolve) => {
    smtp.listen(0, '127.0.0.1', resolve)
  })
  const mail: MailServer = {
    port: (smtp.server.address() as AddressInfo).port,
    mails: [],
    next: [],
    close: () =>
      new Promise((resolve) => {
        smtp.close(() => resolve())
        for (const { _socket } of connections()) _socket.destroy()
      }),
  }
  return mail
}

function smtpError(responseCode: number): Error {
  return Object.assign(new Error('told to'), { responseCode })
}
