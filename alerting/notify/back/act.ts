import type { IncidentAction } from './signed-link.js'

/**
 * Does to an incident what a person asked for from a message. Asked again, it changes nothing.
 * @param by who it was, as the timeline tells it: `bea`, `slack:bea`, `pagerduty:Bea Example`
 * @throws TM_NOT_FOUND if there is no such incident, an error of status 409 if it is over, TM_CATALOG_UNAVAILABLE (retriable)
 */
export type Act = (incidentId: string, action: IncidentAction, by: string) => Promise<void>
