/** Script of the landing page: asks the status every 5 s and draws a selector's last 15 minutes. Runs in the browser. */
export const HOME_SCRIPT = `'use strict'
const REFRESH_MS = 5000
const SPAN_S = 900
const STEP_S = 5
const MAX_LINES = 20
const SVG = 'http://www.w3.org/2000/svg'
const at = (id) => document.getElementById(id)
const number = (n) => (n === undefined ? '–' : n.toLocaleString('en-US'))
const clock = (ms) => new Date(ms).toLocaleTimeString()
const ago = (ms, now) => (ms === undefined ? 'no points yet' : Math.round((now - ms) / 1000) + ' s ago')
const color = (i) => 'hsl(' + ((i * 137.5 + 205) % 360) + ' 65% 50%)'

// Kept for this tab alone, and gone with it. Where the browser forbids that, the token lasts as long as the page.
let token = ''
try {
  token = sessionStorage.getItem('tidemark-token') ?? ''
} catch {}

function keepToken(text) {
  token = text
  try {
    sessionStorage.setItem('tidemark-token', text)
  } catch {}
}

async function ask(url) {
  const shown = token
  const response = await fetch(url, shown === '' ? {} : { headers: { authorization: 'Bearer ' + shown } })
  const body = await response.json()
  if (response.status === 401) {
    if (shown === token) askForToken(body.error)
    throw new Error('it takes a token')
  }
  if (body.status !== 'success') throw new Error(body.error + (body.hint ? ' (' + body.hint + ')' : ''))
  return body
}

function element(name, text) {
  const made = document.createElement(name)
  if (text !== undefined) made.textContent = text
  return made
}

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  return made
}

function say(id, text, isWrong) {
  at(id).textContent = text
  at(id).classList.toggle('wrong', isWrong === true)
}

function askForToken(reason) {
  if (at('token-section').hidden) {
    at('token-section').hidden = false
    at('token').focus()
  }
  say('token-note', token === '' ? 'This server asks for a token.' : reason, token !== '')
}

async function showStatus() {
  try {
    const { data } = await ask('/api/v1/status/pipeline')
    const { blocks, archive, ingest, workflows, nowMs } = data
    const entries = [
      ['tide line', blocks.frontierMs > 0 ? new Date(blocks.frontierMs).toLocaleString() : 'nothing sealed yet'],
      ['epoch', number(blocks.epoch)],
      ['points accepted', number(ingest.accepted)],
      ['points refused', number(ingest.refused)],
      ['active series', number(ingest.activeSeries)],
      ['blocks sealed', number(blocks.sealed)],
      ['blocks dirty', number(blocks.dirty)],
      ['being recomputed', number(blocks.recomputing)],
      ['late points', number(blocks.latePoints)],
      ['unexplained divergence', number(blocks.unexplainedDivergence)],
      ['archive behind', Math.round(archive.lagMs / 1000) + ' s'],
      ['raw points archived', number(archive.rawPoints)],
      ['workflows', workflows.state + (workflows.reason ? ': ' + workflows.reason : '')],
    ]
    at('status').replaceChildren(
      ...entries.map(([name, value]) => {
        const group = element('div')
        const shown = element('dd', value)
        if (name === 'unexplained divergence' && blocks.unexplainedDivergence > 0) shown.className = 'wrong'
        group.append(element('dt', name), shown)
        return group
      }),
    )
    at('partitions').replaceChildren(
      ...data.speed.map((one) => {
        const row = element('tr')
        const cells = [one.partition, ago(one.watermarkMs, nowMs), number(one.lagRecords), number(one.openWindows), number(one.latePoints)]
        row.append(...cells.map((cell) => element('td', cell)))
        return row
      }),
    )
    say('status-note', 'as of ' + clock(nowMs))
  } catch (error) {
    say('status-note', 'the status cannot be read: ' + error.message, true)
  }
}

function draw(series, startS, endS, frontierMs) {
  const values = series.flatMap((one) => one.values.map(([, v]) => Number(v))).filter(Number.isFinite)
  const chart = at('chart')
  chart.toggleAttribute('hidden', values.length === 0)
  if (values.length === 0) return
  let low = Infinity
  let high = -Infinity
  for (const v of values) {
    low = Math.min(low, v)
    high = Math.max(high, v)
  }
  if (low === high) [low, high] = [low - Math.max(1, Math.abs(low) / 10), high + Math.max(1, Math.abs(high) / 10)]
  const x = (s) => 70 + ((s - startS) / (endS - startS)) * 715
  const y = (v) => 225 - ((v - low) / (high - low)) * 205
  const parts = []
  for (const share of [0, 0.5, 1]) {
    const v = low + share * (high - low)
    parts.push(shape('line', { class: 'grid', x1: 70, x2: 785, y1: y(v), y2: y(v) }))
    parts.push(shape('text', { x: 64, y: y(v) + 4, 'text-anchor': 'end' }, Number(v.toPrecision(4)).toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 4 })))
  }
  for (const share of [0, 0.5, 1]) {
    const s = startS + share * (endS - startS)
    parts.push(shape('text', { x: x(s), y: 248, 'text-anchor': share === 1 ? 'end' : share === 0 ? 'start' : 'middle' }, clock(s * 1000)))
  }
  const tideS = frontierMs / 1000
  if (tideS > startS && tideS < endS) {
    parts.push(shape('line', { class: 'tide', x1: x(tideS), x2: x(tideS), y1: 15, y2: 225 }))
    parts.push(shape('text', { x: x(tideS) + 4, y: 14 }, 'tide line'))
  }
  series.forEach((one, i) => {
    let path = ''
    let before
    for (const [s, v] of one.values) {
      const isFinite = Number.isFinite(Number(v))
      if (isFinite) path += (before === undefined || s - before > STEP_S * 1.5 ? 'M' : 'L') + x(s).toFixed(1) + ' ' + y(Number(v)).toFixed(1)
      before = isFinite ? s : undefined
    }
    parts.push(shape('path', { d: path, stroke: color(i) }))
  })
  chart.replaceChildren(...parts)
}

function nameOf(metric) {
  const { __name__: name = '', ...labels } = metric
  return name + '{' + Object.entries(labels).map(([key, value]) => key + '=' + JSON.stringify(value)).join(', ') + '}'
}

function showLegend(series) {
  at('legend').replaceChildren(
    ...series.map((one, i) => {
      const entry = element('li')
      const mark = shape('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' })
      mark.append(shape('rect', { width: 12, height: 12, fill: color(i) }))
      entry.append(mark, nameOf(one.metric) + ' ' + (one.values.at(-1)?.[1] ?? ''))
      return entry
    }),
  )
}

let asked = 0
async function showQuery() {
  const query = at('query').value.trim()
  if (query === '') return
  const mine = ++asked
  const endS = Math.floor(Date.now() / 1000 / STEP_S) * STEP_S
  const startS = endS - SPAN_S
  try {
    const parameters = new URLSearchParams({ query, start: startS, end: endS, step: STEP_S })
    const body = await ask('/api/v1/query_range?' + parameters)
    if (mine !== asked) return
    // Native histograms have no line.
    const all = body.data.result.filter((one) => one.values)
    const series = all.slice(0, MAX_LINES)
    draw(series, startS, endS, body.frontierMs)
    showLegend(series)
    const notes = [all.length + ' series' + (all.length > MAX_LINES ? ', the first ' + MAX_LINES + ' shown' : ''), 'epoch ' + body.epoch]
    say('query-note', [...notes, ...(body.warnings ?? [])].join(' · '), body.partial)
  } catch (error) {
    if (mine === asked) say('query-note', error.message, true)
  }
}

async function offerMetrics() {
  try {
    const { data } = await ask('/api/v1/label/__name__/values?limit=2000')
    at('metrics').replaceChildren(
      ...data.map((name) => {
        const option = element('option')
        option.value = name
        return option
      }),
    )
    if (at('query').value === '' && data.length > 0) {
      at('query').value = data[0]
      await showQuery()
    }
  } catch (error) {
    say('query-note', 'the metrics cannot be listed: ' + error.message, true)
  }
}

async function refresh() {
  if (!document.hidden) await Promise.all([showStatus(), showQuery()])
  setTimeout(refresh, REFRESH_MS)
}

at('query-form').addEventListener('submit', (event) => {
  event.preventDefault()
  showQuery()
})
at('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  keepToken(at('token').value.trim())
  at('token').value = ''
  at('token-section').hidden = true
  Promise.all([showStatus(), offerMetrics().then(showQuery)])
})
at('query').value = new URLSearchParams(location.search).get('query') ?? ''
offerMetrics().then(refresh)
`
