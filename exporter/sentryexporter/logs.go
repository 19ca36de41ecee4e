package sentryexporter

import (
	"context"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// logsLane carries log records to Sentry Logs. It exists only where logs are enabled: they are billed by the byte.
type logsLane struct {
	*lane
	queue       exporter.Logs
	minSeverity plog.SeverityNumber
	options     translate.LogOptions
}

func newLogsLane(p *project) (*logsLane, error) {
	l := &logsLane{
		lane:        newLane(p, kindLogs, sentry.CategoryLogItem, sentry.CategoryLogByte),
		minSeverity: severityNumber(p.cfg.Logs.MinSeverity),
		options: translate.LogOptions{
			Defaults: p.defaults, SDK: p.sdk, ResourceAttributes: translate.NewGlobs(p.cfg.Logs.ResourceAttributes),
		},
	}
	var err error
	l.queue, err = exporterhelper.NewLogs(context.Background(), l.settings(), p.cfg, l.push, l.lane.options()...)
	return l, err
}

// offer gives the records of a request that are severe enough to the lane. A lane that merges requests, or a request with records that
// are not, gets a copy: the caller's object is never changed.
func (l *logsLane) offer(ctx context.Context, ld plog.Logs) error {
	wanted, total := l.count(ld)
	if wanted == 0 {
		return nil
	}
	if wanted < total || l.batches() {
		ld = l.keepSevere(ld)
	}
	return l.offerLogs(ctx, l.queue, ld)
}

func (l *logsLane) count(ld plog.Logs) (wanted, total int) {
	eachRecord(ld, func(_ int, rec plog.LogRecord) {
		total++
		if translate.LogSeverity(rec) >= l.minSeverity {
			wanted++
		}
	})
	return wanted, total
}

func (l *logsLane) keepSevere(ld plog.Logs) plog.Logs {
	var positions []int
	eachRecord(ld, func(position int, rec plog.LogRecord) {
		if translate.LogSeverity(rec) >= l.minSeverity {
			positions = append(positions, position)
		}
	})
	return keepLogs(ld, positions)
}

// smallerContainer is how many logs a container holds that is sent again because the server found it too large.
const smallerContainer = 10

// push sends containers of logs. What could not be delivered comes back in the error, by whole containers.
func (l *logsLane) push(ctx context.Context, ld plog.Logs) error {
	d := l.newDelivery(ctx)
	first := l.firstTryOfLogs(ld)
	p := &logsPush{lane: l, delivery: d, atMost: envelope.MaxContainerLogs}
	total := p.send(ld, nil)
	if again := d.smaller(); len(again) > 0 {
		p.atMost = smallerContainer
		p.send(ld, again)
	}
	left, err := d.finish(total)
	if err == nil {
		return nil
	}
	if l.givesUp(first) {
		l.discard(ctx, report.NetworkError, cargo{len(left), [2]report.Quantity{{Category: sentry.CategoryLogItem, N: len(left)}}})
		return nil
	}
	rest := keepLogs(ld, left)
	l.markLogs(rest, first)
	return consumererror.NewLogs(err, rest)
}

// logsPush fills containers, one after the other, and sends each when it is full.
type logsPush struct {
	lane      *logsLane
	delivery  *delivery
	atMost    int
	container envelope.LogContainer
	shared    envelope.SharedAttributes
	payload   *[]byte
	positions []int // of the logs in the container
}

// send visits the records of a request, or those of the given positions, and gives their number.
func (p *logsPush) send(ld plog.Logs, only map[int]bool) int {
	logs := translate.NewLogs(p.lane.options)
	logs.Begin(sentry.Time(p.lane.project.now().UnixNano()))
	position := 0
	for _, rl := range ld.ResourceLogs().All() {
		logs.Resource(rl.Resource())
		for _, sl := range rl.ScopeLogs().All() {
			p.shared.Reset(logs.Scope(sl.Scope()))
			for i := range sl.LogRecords().Len() {
				if only == nil || only[position] {
					p.add(logs.Log(sl.LogRecords(), i), position)
				}
				position++
			}
		}
	}
	p.flush()
	return position
}

func (p *logsPush) add(log *sentry.Log, position int) {
	for {
		if p.payload == nil {
			p.payload = payloads.Get().(*[]byte)
			p.container.Reset(*p.payload)
		}
		if p.container.Len() < p.atMost {
			switch p.container.Add(log, &p.shared) {
			case envelope.LogAdded, envelope.LogTrimmed:
				p.positions = append(p.positions, position)
				return
			case envelope.LogInvalid:
				p.lane.discard(p.delivery.ctx, report.Invalid, cargo{1, [2]report.Quantity{{Category: sentry.CategoryLogItem, N: 1}}})
				return
			case envelope.LogFull:
			}
		}
		p.flush()
	}
}

// flush sends the container, if there is anything in it.
func (p *logsPush) flush() {
	if p.payload == nil {
		return
	}
	item := p.container.Item()
	*p.payload = item.Payload
	what := cargo{p.container.Len(), [2]report.Quantity{
		{Category: sentry.CategoryLogItem, N: p.container.Len()}, {Category: sentry.CategoryLogByte, N: p.container.Bytes()},
	}}
	positions, payload := p.positions, p.payload
	p.positions, p.payload = nil, nil
	if len(positions) == 0 {
		freePayload(payload)
		return
	}
	switch p.delivery.gate(positions...) {
	case gateOpen:
		p.delivery.send(parcel{positions: positions, item: item, payload: payload, cargo: what, last: p.atMost == smallerContainer})
	case gateDrop:
		freePayload(payload)
		p.lane.discard(p.delivery.ctx, report.RatelimitBackoff, what)
	case gateLater:
		freePayload(payload)
	}
}
