/** Somebody who can be called. */
export interface Recipient {
  /** A person's or a team's name or address. */
  name: string
  /** Channels that lead to them; empty: those of the incident, with the name on the message. */
  channels: readonly string[]
}

/**
 * Who does a duty at a time, such as `on-call`, `team-lead`, `vp`. None: nobody is known for it.
 * @param labels that the alerts of the incident share
 */
export type WhoIs = (
  duty: string,
  labels: Readonly<Record<string, string>>,
  atMs: number,
) => Promise<readonly Recipient[]>

/** Somebody as the config lists them. */
type ListedRecipient = Pick<Recipient, 'name'> & Partial<Recipient>

/** Duties as the config lists them: the same people at any time. */
export function listedRecipients(duties: Readonly<Record<string, readonly ListedRecipient[]>>): WhoIs {
  return async (duty) => {
    const listed = Object.hasOwn(duties, duty) ? duties[duty] : []
    return listed.map(({ name, channels = [] }) => ({ name, channels }))
  }
}
