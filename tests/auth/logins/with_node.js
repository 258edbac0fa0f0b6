// Logs in with node-postgres (`pg`, `pg bound`) or postgres.js (`postgres`) for each case of the JSON list on standard input; one JSON
// line a case: who it is, or what was said.
'use strict'
const fs = require('fs')
const pg = require('pg')
const postgres = require('postgres')

async function withPg(settings, bound) {
  const client = new pg.Client({ ...settings, enableChannelBinding: bound, connectionTimeoutMillis: 15000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query('SELECT current_user AS name')).rows[0].name
  } finally {
    await client.end().catch(() => {})
  }
}

async function withPostgresJs(settings) {
  const sql = postgres({ ...settings, max: 1, connect_timeout: 15, backoff: false, onnotice: () => {} })
  try {
    return (await sql`SELECT current_user AS name`)[0].name
  } finally {
    await sql.end({ timeout: 0 }).catch(() => {})
  }
}

async function main() {
  for (const { port, user, password, driver, client } of JSON.parse(fs.readFileSync(0, 'utf8'))) {
    const ssl = client === 'plain' ? false : { rejectUnauthorized: false }
    const settings = { host: '127.0.0.1', port, user, password, database: 'postgres', ssl }
    try {
      const name = driver === 'postgres' ? await withPostgresJs(settings) : await withPg(settings, client === 'bound')
      console.log(JSON.stringify({ user: name }))
    } catch (e) {
      console.log(JSON.stringify({ error: `${e.message}; ${e.hint}` }))
    }
  }
}

main()
