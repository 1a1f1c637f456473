import { TidemarkError } from '../../schemas/errors.js'
import { widened } from '../../schemas/widened.js'

/** A run of samples of one series; `times` and `values` are valid until the next one. */
export interface ExportLine {
  labels: Record<string, string>
  length: number
  times: Float64Array
  values: Float64Array
}

type State = 'labels' | 'values' | 'between' | 'times' | 'end'

const LABELS_END = Buffer.from(',"values":[')
const [OPEN, CLOSE, COMMA, NEWLINE, ZERO, NINE] = Buffer.from('[],\n09')
const HEAD = '{"metric":'

/**
 * Reads what `/api/v1/export` answers, `{"metric":{…},"values":[…],"timestamps":[…]}` in lines, as its bytes come. Takes
 * whole numbers from 0 to 2^53 only, which is all that frames are made of.
 */
export class ExportLines {
  readonly #take: (line: ExportLine) => void
  #state: State = 'labels'
  #head = Buffer.allocUnsafe(1024)
  #headLength = 0
  #number = 0
  #times = new Float64Array(8192)
  #values = new Float64Array(8192)
  #timeCount = 0
  #valueCount = 0

  constructor(take: (line: ExportLine) => void) {
    this.#take = take
  }

  /** @throws TM_HOTSTORE_REFUSED if they are no such lines */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === 'labels') at = this.#readHead(bytes, at)
      else if (this.#state === 'values' || this.#state === 'times') at = this.#readNumbers(bytes, at)
      else at = this.#skip(bytes, at)
    }
  }

  /** @throws TM_HOTSTORE_UNAVAILABLE if the last line is cut off */
  finish(): void {
    if (this.#state === 'labels' && this.#headLength === 0) return
    throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason: 'its answer was cut off' })
  }

  #readHead(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      if (this.#headLength === this.#head.length)
        this.#head = Buffer.concat([this.#head, Buffer.alloc(this.#headLength)])
      this.#head[this.#headLength++] = bytes[at]
      if (
        bytes[at] === OPEN &&
        this.#head.subarray(0, this.#headLength).subarray(-LABELS_END.length).equals(LABELS_END)
      ) {
        this.#state = 'values'
        this.#valueCount = 0
        this.#number = 0
        return at + 1
      }
    }
    return bytes.length
  }

  #readNumbers(bytes: Uint8Array, from: number): number {
    let number = this.#number
    let at = from
    for (; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte >= ZERO && byte <= NINE) {
        number = number * 10 + (byte - ZERO)
        continue
      }
      if (byte !== COMMA && byte !== CLOSE) throw notUnderstood(`a number has ${String.fromCharCode(byte)} in it`)
      this.#add(number)
      number = 0
      if (byte === CLOSE) {
        this.#state = this.#state === 'values' ? 'between' : 'end'
        at++
        break
      }
    }
    this.#number = number
    return at
  }

  #add(number: number): void {
    if (this.#state === 'values') {
      if (this.#valueCount === this.#values.length) this.#values = widened(this.#values, 2 * this.#valueCount)
      this.#values[this.#valueCount++] = number
    } else {
      if (this.#timeCount === this.#times.length) this.#times = widened(this.#times, 2 * this.#timeCount)
      this.#times[this.#timeCount++] = number
    }
  }

  #skip(bytes: Uint8Array, from: number): number {
    const until = this.#state === 'between' ? OPEN : NEWLINE
    for (let at = from; at < bytes.length; at++) {
      if (bytes[at] !== until) continue
      if (this.#state === 'between') {
        this.#state = 'times'
        this.#timeCount = 0
      } else this.#endLine()
      return at + 1
    }
    return bytes.length
  }

  #endLine(): void {
    if (this.#timeCount !== this.#valueCount) throw notUnderstood('a series has more times than values, or fewer')
    const text = this.#head.toString('utf8', HEAD.length, this.#headLength - LABELS_END.length)
    this.#state = 'labels'
    this.#headLength = 0
    const labels = JSON.parse(text) as Record<string, string>
    this.#take({ labels, length: this.#timeCount, times: this.#times, values: this.#values })
  }
}

function notUnderstood(reason: string): TidemarkError {
  return new TidemarkError('TM_HOTSTORE_REFUSED', { reason: `an export is not understood: ${reason}` })
}
