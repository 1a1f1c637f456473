import { expect, test } from 'vitest'
import { next, type ServerEvent, type ServerState } from './temporal-states.js'

const after = (...events: ServerEvent[]) => events.reduce<ServerState>((state, event) => next[state][event], 'looking')

test('a program that is there is launched, and runs once it answers', () => {
  expect(after('launch')).toBe('starting')
  expect(after('launch', 'answered')).toBe('running')
})

test('a program that is missing is installed first', () => {
  expect(after('install')).toBe('installing')
  expect(after('install', 'launch', 'answered')).toBe('running')
})

test('a server that died is started again', () => {
  expect(after('launch', 'answered', 'launch')).toBe('starting')
})

test('what cannot be had is paused until it is looked for again', () => {
  expect(after('gaveUp')).toBe('paused')
  expect(after('install', 'gaveUp', 'launch', 'answered')).toBe('paused')
  expect(after('gaveUp', 'lookAgain', 'launch')).toBe('starting')
})

test('closed is the end, from every state', () => {
  for (const state of Object.keys(next) as ServerState[]) expect(next[state].close).toBe('closed')
  for (const event of Object.keys(next.closed) as ServerEvent[]) expect(next.closed[event]).toBe('closed')
})
