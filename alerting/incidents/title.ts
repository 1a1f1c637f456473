import type { Incident } from './incident.js'

/** What a title tells. */
interface TitleFacts {
  rule: string
  /** Undefined: the rule's name stands for it. */
  condition?: string
  service?: string
  region?: string
  hosts: Incident['hosts']
}

/** `api-service: error_rate > 5% on 50/100 hosts in us-east-1`; what is not known is left out. */
export function titleOf({ rule, condition, service, region, hosts }: TitleFacts): string {
  const subject = service ? `${service}: ` : ''
  const place = region ? ` in ${region}` : ''
  return `${subject}${condition ?? rule}${onHosts(hosts)}${place}`
}

function onHosts({ firing, known }: Incident['hosts']): string {
  if (firing.length === 0) return ''
  if (known !== undefined && known >= firing.length)
    return ` on ${firing.length}/${known} host${known === 1 ? '' : 's'}`
  return firing.length === 1 ? ` on ${firing[0]}` : ` on ${firing.length} hosts`
}
