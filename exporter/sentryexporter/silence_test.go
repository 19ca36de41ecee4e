package sentryexporter

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
)

func TestSilence(t *testing.T) {
	var s silence
	start := time.Unix(1000, 0)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	assert.False(t, s.failure(at(0)))
	assert.Zero(t, s.answer(at(9)), "one failure is no silence")
	assert.False(t, s.failure(at(10)))
	assert.False(t, s.failure(at(10.1)))
	assert.False(t, s.failure(at(10.2)), "too short")
	assert.True(t, s.failure(at(12)))
	assert.False(t, s.failure(at(13)), "told once")
	assert.Equal(t, 5*time.Second, s.answer(at(15)))
	assert.Zero(t, s.answer(at(16)))
	assert.False(t, s.failure(at(20)))
	assert.False(t, s.failure(at(30)), "too few")
	assert.True(t, s.failure(at(31)))
}

// A DSN whose host nobody is at shows in the status within seconds, and nothing that was acknowledged is gone.
func TestADeadDSNShowsInTheStatus(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.DSN = configopaque.String("http://public@127.0.0.1:1/7")
	cfg.Retry.InitialInterval, cfg.Retry.MaxInterval = 5*time.Millisecond, 50*time.Millisecond
	host := &statusHost{Host: componenttest.NewNopHost(), events: make(chan *componentstatus.Event, 10)}
	logs, err := NewFactory().CreateLogs(context.Background(), settings(), cfg)
	require.NoError(t, err)
	require.NoError(t, logs.Start(context.Background(), host))
	require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(1)))
	select {
	case event := <-host.events:
		assert.Equal(t, componentstatus.StatusRecoverableError, event.Status())
		assert.ErrorContains(t, event.Err(), `project "default"`)
		assert.NotContains(t, event.Err().Error(), "public@")
	case <-time.After(30 * time.Second):
		require.NoError(t, errors.New("no status was reported"))
	}
	require.NoError(t, logs.Shutdown(context.Background()))
}
