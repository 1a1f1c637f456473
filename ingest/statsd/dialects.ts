/** Which ways of writing tags are understood. What is switched off stays a part of the name, or is left out (`|#`). */
export interface StatsdDialects {
  /** `name:1|c|#key:value,key:value`, events and service checks, origin fields `|e:` and `|card:`. */
  dogstatsd: boolean
  /** `name[key=value,key=value]:1|c`, the brackets anywhere in the name. */
  signalfx: boolean
  /** `name#key=value,key=value:1|c`. */
  librato: boolean
  /** `name,key=value,key=value:1|c`. */
  influx: boolean
}

export const ALL_DIALECTS: StatsdDialects = { dogstatsd: true, signalfx: true, librato: true, influx: true }
