/** Every severity, the worst first: P1 wakes people, P4 can wait. */
export const SEVERITIES = ['P1', 'P2', 'P3', 'P4'] as const
export type Severity = (typeof SEVERITIES)[number]
