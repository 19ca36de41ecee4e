// bunyan: its records, and what its command line makes of them.
//
//   npm install bunyan@1.8.15 && TZ=UTC node make.mjs && TZ=UTC node make.mjs | npx bunyan --no-color
import bunyan from 'bunyan';

const l = bunyan.createLogger({ name: 'booking', level: 'trace', serializers: bunyan.stdSerializers });
const refund = (id) => { throw new TypeError(`refund ${id}: card expired`); };
l.trace('tick');
l.debug({ entries: 12 }, 'cache warm');
l.info('started');
l.warn('slow');
try { refund(7); } catch (err) {
  l.error({ err, trace_id: '803b448a0489f84084905d3093480352' }, 'booking is gone');
  l.error(err);
}
l.fatal({ component: 'payments' }, 'cannot go on');
