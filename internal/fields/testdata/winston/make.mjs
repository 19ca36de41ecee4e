// winston: JSON, simple, cli, printf and logstash formats, with and without format.errors.
//
//   npm install winston@3.19.0 && TZ=UTC node make.mjs
import winston from 'winston';

const { format } = winston;
const refund = (id) => { throw new RangeError(`refund ${id} is too high`); };
const say = (form, name) => {
  const l = winston.createLogger({ level: 'silly', format: form, defaultMeta: { service: name }, transports: [new winston.transports.Console()] });
  l.silly('tick');
  l.debug('cache warm', { entries: 12 });
  l.verbose('more words');
  l.http('GET /');
  l.info('started', { addr: ':8080' });
  l.warn('slow');
  try { refund(7); } catch (err) {
    l.error('booking is gone', err);
    l.error(err);
    l.error('tied', { err, trace_id: '803b448a0489f84084905d3093480352', span_id: '3425f23bb2432450' });
  }
};
say(format.combine(format.timestamp(), format.errors({ stack: true }), format.json()), 'json');
say(format.combine(format.errors({ stack: true }), format.simple()), 'simple');
say(format.combine(format.errors({ stack: true }), format.cli()), 'cli');
say(format.combine(format.timestamp({ format: 'YYYY-MM-DD HH:mm:ss.SSS' }), format.errors({ stack: true }),
  format.printf((i) => `${i.timestamp} [${i.level.toUpperCase()}] ${i.service}: ${i.stack || i.message}`)), 'printf');
say(format.combine(format.errors({ stack: true }), format.logstash()), 'logstash');
