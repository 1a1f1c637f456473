import { type CodePoints, includes } from './code-points.js'
import type { Edge } from './node.js'
import type { Step } from './program.js'

/** Places of the text where groups begin and end, -1 where one took no part. Shared by threads until it changes. */
type Slots = readonly number[]

/** Threads at one character, in order of preference; each place of the program once. */
interface Threads {
  places: number[]
  slots: Slots[]
  /** The character at which a place was last put in, plus 1. */
  seen: Uint32Array
}

/**
 * Runs a program over whole texts in time linear in both their lengths: all ways at once, the preferred one first
 * (Pike 1987). One machine runs one text at a time.
 */
export class RegexMachine {
  readonly #program: readonly Step[]
  readonly #noSlots: Slots
  #now: Threads
  #next: Threads

  constructor(program: readonly Step[], groups: number) {
    this.#program = program
    this.#noSlots = new Array(2 * groups).fill(-1)
    this.#now = { places: [], slots: [], seen: new Uint32Array(program.length) }
    this.#next = { places: [], slots: [], seen: new Uint32Array(program.length) }
  }

  /** Where the groups stand if the whole text matches, slot 2i the start of group i and 2i + 1 its end. */
  run(text: string): Slots | undefined {
    this.#now.seen.fill(0)
    this.#next.seen.fill(0)
    this.#clear(this.#now)
    this.#put(this.#now, 0, 0, text, this.#noSlots)
    for (let at = 0; at < text.length; ) {
      if (this.#now.places.length === 0) return undefined
      const codePoint = text.codePointAt(at)!
      at += codePoint > 0xffff ? 2 : 1
      this.#advance(codePoint, at, text)
    }
    const done = this.#now.places.findIndex((place) => this.#program[place].type === 'done')
    return done === -1 ? undefined : this.#now.slots[done]
  }

  #advance(codePoint: number, at: number, text: string): void {
    const { places, slots } = this.#now
    this.#clear(this.#next)
    for (let i = 0; i < places.length; i++) {
      const step = this.#program[places[i]]
      if (step.type !== 'take') continue
      if (codePoint < 128 ? step.ascii[codePoint] === 1 : includes(step.set, codePoint)) {
        this.#put(this.#next, places[i] + 1, at, text, slots[i])
      }
    }
    const now = this.#now
    this.#now = this.#next
    this.#next = now
  }

  /** Follows what takes no character from a place on, by a stack: the expression may be long. */
  #put(threads: Threads, from: number, at: number, text: string, slotsThere: Slots): void {
    const places = [from]
    const slotsOf = [slotsThere]
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const slots = slotsOf.pop()!
      if (threads.seen[place] === at + 1) continue
      threads.seen[place] = at + 1
      const step = this.#program[place]
      if (step.type === 'jump') {
        places.push(step.to)
        slotsOf.push(slots)
      } else if (step.type === 'fork') {
        places.push(step.second, step.first)
        slotsOf.push(slots, slots)
      } else if (step.type === 'save') {
        places.push(place + 1)
        slotsOf.push(slots.with(step.slot, at))
      } else if (step.type === 'take' || step.type === 'done') {
        threads.places.push(place)
        threads.slots.push(slots)
      } else if (isAtEdge(step.edge, text, at)) {
        places.push(place + 1)
        slotsOf.push(slots)
      }
    }
  }

  #clear(threads: Threads): void {
    threads.places.length = 0
    threads.slots.length = 0
  }
}

function isAtEdge(edge: Edge, text: string, at: number): boolean {
  if (edge === 'start') return at === 0
  if (edge === 'end') return at === text.length
  const isBoundary = isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at))
  return isBoundary === (edge === 'word')
}

const WORD: CodePoints = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]

function isWord(unit: number): boolean {
  return includes(WORD, unit)
}
