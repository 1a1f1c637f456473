import { expect, test } from 'vitest'
import { goTool, mavenVersion } from './pins.js'

test('a tool of go.mod has the version of the module that it is in', () => {
  const { package: path, version } = goTool('vmagent')
  expect(path).toBe('github.com/VictoriaMetrics/VictoriaMetrics/app/vmagent')
  expect(version).toMatch(/^v1\.\d+\.\d+$/)
  expect(goTool('temporal').package).toBe('github.com/temporalio/cli/cmd/temporal')
})

test('a part of a name is no tool', () => {
  expect(() => goTool('agent')).toThrow('go.mod names no tool agent')
})

test('the Temporal test server has a file of its own', () => {
  expect(mavenVersion('temporal-test-server', 'temporal-test-server.pom.xml')).toMatch(/^1\.31\.\d+$/)
})

test('Kafka and its logging come from pom.xml', () => {
  expect(mavenVersion('kafka_2.13')).toMatch(/^4\.1\.\d+$/)
  expect(mavenVersion('log4j-slf4j-impl')).toMatch(/^2\./)
  expect(() => mavenVersion('kafka')).toThrow('pom.xml names no artifact kafka')
})
