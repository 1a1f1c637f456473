import { CharacterClasses } from './character-classes.js'
import { includes } from './code-points.js'
import type { Step } from './program.js'

/** Numbers that the states of one automaton may hold in all before it starts anew. */
const MAX_NUMBERS = 1 << 18
const UNKNOWN = -1
const DEAD = -2

interface State {
  /** Places of the program where a character is taken or the end is reached. */
  places: readonly number[]
  /** The next state by class of character, UNKNOWN where none has led on from here yet. */
  next: Int32Array
  isDone: boolean
}

/**
 * Tells whether a whole text matches a program without checks of edges, at a few operations a character: sets of places
 * become the states of an automaton when they are first reached (as RE2 does). What it remembers is bounded.
 */
export class RegexAutomaton {
  readonly #program: readonly Step[]
  readonly #classes: CharacterClasses
  readonly #seen: Uint32Array
  #round = 0
  #states: State[] = []
  #byPlaces = new Map<string, number>()
  #numbers = 0

  /** @throws Error if the program checks edges */
  constructor(program: readonly Step[]) {
    if (program.some(({ type }) => type === 'check')) throw new Error('an automaton knows no edges')
    this.#program = program
    this.#classes = new CharacterClasses(program.flatMap((step) => (step.type === 'take' ? [step.set] : [])))
    this.#seen = new Uint32Array(program.length)
  }

  test(text: string): boolean {
    if (this.#states.length === 0) this.#stateOf(this.#closure([0]))
    let state = 0
    for (let at = 0; at < text.length; at++) {
      const codePoint = text.codePointAt(at)!
      if (codePoint > 0xffff) at++
      const kind = this.#classes.of(codePoint)
      const known = this.#states[state].next[kind]
      state = known === UNKNOWN ? this.#advance(state, kind) : known
      if (state === DEAD) return false
    }
    return this.#states[state].isDone
  }

  #advance(from: number, kind: number): number {
    const codePoint = this.#classes.first[kind]
    const reached: number[] = []
    for (const place of this.#states[from].places) {
      const step = this.#program[place]
      if (step.type === 'take' && includes(step.set, codePoint)) reached.push(place + 1)
    }
    if (reached.length === 0) {
      this.#states[from].next[kind] = DEAD
      return DEAD
    }
    const places = this.#closure(reached)
    if (this.#numbers + places.length + this.#classes.first.length > MAX_NUMBERS) {
      this.#forget()
      return this.#stateOf(places)
    }
    const to = this.#stateOf(places)
    this.#states[from].next[kind] = to
    return to
  }

  /** The start stays state 0. */
  #forget(): void {
    this.#states = []
    this.#byPlaces = new Map()
    this.#numbers = 0
    this.#stateOf(this.#closure([0]))
  }

  #stateOf(places: readonly number[]): number {
    const key = places.join()
    const known = this.#byPlaces.get(key)
    if (known !== undefined) return known
    const next = new Int32Array(this.#classes.first.length).fill(UNKNOWN)
    const isDone = places.some((place) => this.#program[place].type === 'done')
    this.#numbers += places.length + next.length
    this.#byPlaces.set(key, this.#states.length)
    return this.#states.push({ places, next, isDone }) - 1
  }

  /** Every place that is reached from some without a character, ascending. */
  #closure(from: readonly number[]): readonly number[] {
    this.#round++
    const reached: number[] = []
    const stack = [...from]
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (this.#seen[place] === this.#round) continue
      this.#seen[place] = this.#round
      const step = this.#program[place]
      if (step.type === 'jump') stack.push(step.to)
      else if (step.type === 'fork') stack.push(step.first, step.second)
      else if (step.type === 'save') stack.push(place + 1)
      else reached.push(place)
    }
    return reached.sort((a, b) => a - b)
  }
}
