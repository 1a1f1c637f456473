/** Every flow that the worker runs; the build bundles this file. */
export { auditLater } from './audit-later.flow.js'
export { escalate } from './escalate.flow.js'
export { maintain } from './maintain.flow.js'
export { recomputeDirty } from './recompute-dirty.flow.js'
export { recomputeQueue } from './recompute-queue.flow.js'
export { recomputeRange } from './recompute-range.flow.js'
export { sealBlocks } from './seal-blocks.flow.js'
export { trainPatterns } from './train-patterns.flow.js'
