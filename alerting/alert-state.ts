/** Where an alert stands. */
export type AlertState = 'inactive' | 'pending' | 'firing'

/**
 * What one judgement found of an alert:
 * - `given`: its expression gives it, for less than FOR
 * - `due`: and for at least FOR
 * - `lingering`: gives it no longer, for less than KEEP_FIRING_FOR
 * - `gone`: and for longer
 */
export type Finding = 'given' | 'due' | 'lingering' | 'gone'

/** The state after each finding. */
export const NEXT_STATE: Readonly<Record<AlertState, Readonly<Record<Finding, AlertState>>>> = {
  inactive: { given: 'pending', due: 'firing', lingering: 'inactive', gone: 'inactive' },
  pending: { given: 'pending', due: 'firing', lingering: 'inactive', gone: 'inactive' },
  // One that fires does so until its expression is silent, whatever becomes of FOR.
  firing: { given: 'firing', due: 'firing', lingering: 'firing', gone: 'inactive' },
}
