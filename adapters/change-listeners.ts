import type { ChangeListener, ChangeWatch } from '../schemas/ports/window-changes.js'

/** All who watch, told together. */
export class ChangeListeners implements ChangeListener {
  readonly #entries = new Set<{ listener: ChangeListener }>()

  get size(): number {
    return this.#entries.size
  }

  add(listener: ChangeListener): ChangeWatch {
    // An entry of its own: one listener may watch twice.
    const entry = { listener }
    this.#entries.add(entry)
    return {
      close: async () => {
        this.#entries.delete(entry)
      },
    }
  }

  changed(metrics: Uint32Array): void {
    for (const { listener } of this.#entries) listener.changed(metrics)
  }

  missed(): void {
    for (const { listener } of this.#entries) listener.missed()
  }
}
