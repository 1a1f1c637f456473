import type { DispatchedAlert } from '../dispatch/flush.js'
import type { Message } from './channel.js'
import type { WebhookOrigin } from './webhook.js'

/** How Go writes that there is no time. */
const NO_TIME = '0001-01-01T00:00:00Z'

type Texts = Readonly<Record<string, string>>

/** A message in the format of Alertmanager's webhook receivers, version 4: prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function alertmanagerMessage({ incident }: Message, { name, publicUrl }: WebhookOrigin) {
  const { alerts, groupKey, groupLabels, annotations, status } = incident
  return {
    version: '4',
    groupKey,
    truncatedAlerts: 0,
    status: status === 'resolved' ? 'resolved' : 'firing',
    receiver: name,
    groupLabels,
    commonLabels: alerts.length > 0 ? shared(alerts.map(({ labels }) => labels)) : groupLabels,
    commonAnnotations: alerts.length > 0 ? shared(alerts.map((alert) => alert.annotations)) : annotations,
    externalURL: publicUrl,
    alerts: alerts.map(alertOf),
  }
}

function alertOf({ status, labels, annotations, startsMs, endsMs, generatorUrl, fingerprint }: DispatchedAlert) {
  return {
    status,
    labels,
    annotations,
    startsAt: new Date(startsMs).toISOString(),
    endsAt: endsMs === undefined ? NO_TIME : new Date(endsMs).toISOString(),
    generatorURL: generatorUrl ?? '',
    fingerprint,
  }
}

/** What all of them have alike. */
function shared(all: readonly Texts[]): Record<string, string> {
  const [first, ...others] = all
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) =>
      others.every((one) => Object.hasOwn(one, name) && one[name] === value),
    ),
  )
}
