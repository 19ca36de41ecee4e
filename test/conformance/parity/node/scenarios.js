'use strict';
// Scenarios: one process each. `scenarios.js` alone lists them as NAME<TAB>KIND; see the Python scenarios for the kinds.
const instrument = process.env.PARITY_SDK === 'off' || process.argv.length < 3 ? { exception() {}, message() {} } : require('./instrument');
const { Greenhouse } = require('./greenhouse/beds');
const water = require('./greenhouse/water');

// failing runs f and gives its error to the SDKs, then to the logger.
function failing(f, message, log, level = 'error') {
  try {
    f();
  } catch (err) {
    instrument.exception(err, message, level);
    log(err);
  }
}

const frozen = () => new Greenhouse('south').check('B7');
const dry = () => water.season(['K']);
const toStdout = (line) => process.stdout.write(line + '\n');

const apart = {
  uncaught_custom() { frozen(); },
  uncaught_code() { water.open('K-3'); },
  uncaught_type_error() { new Greenhouse('south').check('Z9'); },
  uncaught_getter() { return new Greenhouse('south').coldest; },
  uncaught_cause() { dry(); },
  uncaught_nameless_class() { Greenhouse.transplant([{ kind: 'tomato', roots: 3 }, { kind: 'leek' }]); },
  uncaught_json() { water.parse('{"valve": 3,}'); },
  uncaught_timer() { setTimeout(() => water.open('T-1'), 1); },
  uncaught_multiline() { throw new Error('pump report:\n  inlet: dry\n  gate 4: closed at 19:05\nend of report'); },
  uncaught_no_message() { throw new RangeError(); },
  uncaught_string() { throw 'the tank is empty'; },
  uncaught_eval() { new Function('valve', 'return valve.missing.part')({}); },
  rejected_async() { water.flood(['A', 'B']); },
  rejected_aggregate() { water.anyPump(); },
  rejected_esm() { import('./greenhouse/glass.mjs').then((glass) => glass.cleanAll([new glass.Pane()])); },
};

const together = {
  console_error() { failing(frozen, 'watch failed', (err) => console.error(err)); },
  console_error_text() { failing(frozen, 'watch failed', (err) => console.error('watch failed for %s:', 'south', err)); },
  console_error_stack() { failing(() => water.open('K-3'), 'valve', (err) => console.error(err.stack)); },
  console_error_cause() { failing(dry, 'harvest', (err) => console.error(new Date().toISOString(), 'ERROR', err)); },
  console_error_file() { failing(water.schedule, 'no schedule', (err) => console.error('no schedule', err)); },
  console_json() {
    failing(frozen, 'watch failed', (err) => toStdout(JSON.stringify({
      timestamp: new Date().toISOString(), level: 'error', message: 'watch failed', error: { name: err.name, message: err.message, stack: err.stack },
    })));
  },
  pino_err() { failing(frozen, 'watch failed', (err) => pino().error({ err, house: 'south' }, 'watch failed')); },
  pino_cause() { failing(dry, 'no harvest', (err) => pino().error(err, 'no harvest')); },
  pino_bare() { failing(() => water.parse('{valve}'), 'Expected property name', (err) => pino().fatal(err), 'fatal'); },
  pino_message() {
    instrument.message('tank 4 is below 10 %');
    pino().error({ tank: 4 }, 'tank 4 is below 10 %');
  },
  winston_json() { failing(frozen, 'watch failed', (err) => winston('json').error(err)); },
  winston_text() { failing(() => water.open('K-3'), 'valve', (err) => winston('text').error(err)); },
  bunyan_err() { failing(frozen, 'watch failed', (err) => bunyan().error({ err }, 'watch failed')); },
  bunyan_cause() { failing(() => water.irrigate('M'), 'row M', (err) => bunyan().fatal(err, 'row M gave up'), 'fatal'); },
};

const pino = () => require('pino')({ name: 'greenhouse' });
const bunyan = () => {
  const { createLogger, stdSerializers } = require('bunyan');
  return createLogger({ name: 'greenhouse', serializers: stdSerializers });
};

function winston(kind) {
  const { createLogger, format, transports } = require('winston');
  const text = format.printf((info) => `${info.timestamp} [${info.level}] ${info.stack || info.message}`);
  return createLogger({
    format: format.combine(format.errors({ stack: true }), format.timestamp(), kind === 'json' ? format.json() : text),
    transports: [new transports.Console()],
  });
}

const scenarios = { ...apart, ...together };
if (process.argv.length < 3) {
  for (const name of Object.keys(scenarios)) toStdout(`${name}\t${name in apart ? 'apart' : 'together'}`);
} else {
  scenarios[process.argv[2]]();
}
