// What autocannon sends, where there is no wrk: the requests of a plan file, as load.lua does, and the same RESULT line.
// Arguments: folder with node_modules, base URL, plan file, token, clients, seconds, "once" or "again".

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [folder, url, file, token, clientCount, seconds, repeat] = process.argv.slice(2)
const autocannon = createRequire(join(folder, 'package.json'))('autocannon')
const connections = Number(clientCount)

const plan = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => {
  const [method, path, company, etag, body] = line.split('\t')
  const headers = { authorization: `Bearer ${token}`, 'ipp-company-id': company, accept: 'application/json' }
  if (etag) headers['if-match'] = `"${etag}"`
  if (body) headers['content-type'] = 'application/json'
  return { method, path, headers, ...(body && { body }) }
})

// Each connection has a share of the plan to itself, so that nothing is sent by two of them.
const shares = []
function setupClient (client) {
  const place = shares.length
  const share = { own: plan.filter((_, position) => position % connections === place), answered: 0 }
  if (share.own.length === 0) share.own = [plan[place % plan.length]]
  shares.push(share)
  client.setRequests(share.own)
  client.on('response', () => { share.answered += 1 })
}

const result = await autocannon({ url, connections, duration: Number(seconds), timeout: 30, setupClient })
const ranOut = repeat === 'once' && shares.some((share) => share.answered >= share.own.length)
const reached = Math.max(...shares.map((share) => share.answered + 1)) * connections
console.log('RESULT', result.requests.total, Math.round(result.duration * 1e6), result.latency.p50 * 1e3,
  result.latency.p99 * 1e3, result.latency.max * 1e3, result.throughput.total, result.non2xx, 0,
  result.errors - result.timeouts, result.timeouts, ranOut ? 1 : 0, reached)
