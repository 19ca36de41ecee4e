'use strict';
const fs = require('fs');
const { ValveStuck } = require('./errors');

function open(valve) {
  throw new ValveStuck(valve);
}

function irrigate(row) {
  try {
    open(`${row}-3`);
  } catch (err) {
    throw new Error(`row ${row} stays dry`, { cause: err });
  }
}

function season(rows) {
  try {
    rows.forEach(irrigate);
  } catch (cause) {
    throw new RangeError('no harvest this year', { cause });
  }
}

async function pump(valve) {
  await null;
  open(valve);
}

async function flood(valves) {
  for (const valve of valves) await pump(valve);
}

function anyPump() {
  return Promise.any(['N', 'S'].map((valve) => pump(valve)));
}

const schedule = () => fs.readFileSync('/var/lib/greenhouse/schedule.txt', 'utf8');

const parse = (text) => JSON.parse(text);

module.exports = { open, irrigate, season, pump, flood, anyPump, schedule, parse };
