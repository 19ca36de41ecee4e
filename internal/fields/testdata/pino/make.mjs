// pino: numbers and labels as levels, the serializers of errors, the transport for people.
//
//   npm install pino@10.4.0 pino-pretty@13.2.0 && TZ=UTC node make.mjs
import pino from 'pino';
import pretty from 'pino-pretty';

class RefundError extends Error {
  constructor(message, options) { super(message, options); this.name = 'RefundError'; this.code = 'E_CARD'; }
}
const refund = (id) => {
  try { throw new TypeError('card expired'); } catch (cause) { throw new RefundError(`refund ${id} failed`, { cause }); }
};
const say = (l) => {
  l.trace('tick');
  l.debug({ entries: 12 }, 'cache warm');
  l.info({ addr: ':8080' }, 'started');
  l.warn({ err: new Error('none yet') }, 'slow');
  try { refund(7); } catch (err) {
    l.error({ err, trace_id: '803b448a0489f84084905d3093480352', span_id: '3425f23bb2432450' }, 'booking is gone');
    l.error(err);
    l.fatal({ req: { method: 'POST', url: '/refunds?x=1', headers: { 'user-agent': 'curl/8' } }, user: { id: 'u-9' } }, 'cannot go on');
  }
};
const to = pino.destination({ fd: 1, sync: true });
say(pino({ level: 'trace', name: 'booking' }, to));
say(pino({ level: 'trace', messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) },
  serializers: { err: pino.stdSerializers.errWithCause } }, to));
say(pino({ level: 'trace' }, pretty({ colorize: false, sync: true, destination: 1 })));
