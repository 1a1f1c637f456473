import type { RecomputeSignal } from '../schemas/ports/workflows.js'

/** What the user wants of a recompute: that it goes on, that it waits, or that it ends. */
export type Wish = 'go' | 'wait' | 'end'

/** The wish after a signal. An ended recompute stays ended. */
export const steered: Record<Wish, Record<RecomputeSignal, Wish>> = {
  go: { pause: 'wait', resume: 'go', cancel: 'end' },
  wait: { pause: 'wait', resume: 'go', cancel: 'end' },
  end: { pause: 'end', resume: 'end', cancel: 'end' },
}

/** Every signal that a recompute takes. */
export const SIGNALS = ['pause', 'resume', 'cancel'] as const satisfies readonly RecomputeSignal[]
