// zerolog: JSON with pkgerrors' stack, and the console writer.
//
//	github.com/rs/zerolog v1.35.1, github.com/pkg/errors v0.9.1
//	go build -trimpath && ./booking 2>&1
package main

import (
	"errors"
	"os"
	"time"

	pkgerrors "github.com/pkg/errors"
	"github.com/rs/zerolog"
	zpkg "github.com/rs/zerolog/pkgerrors"
)

func refund(id int) error {
	return pkgerrors.Wrapf(errors.New("card expired"), "refund %d", id)
}

func say(l zerolog.Logger) {
	l.Trace().Msg("tick")
	l.Debug().Int("entries", 12).Msg("cache warm")
	l.Info().Str("addr", ":8080").Msg("started")
	l.Warn().Err(errors.New("none yet")).Msg("slow")
	l.Error().Stack().Err(refund(7)).Str("user", "u-9").Msg("refund failed")
	l.Error().Errs("errors", []error{errors.New("one"), errors.New("two")}).Msg("two at once")
	l.Error().Err(errors.New("card expired")).Send()
	l.WithLevel(zerolog.FatalLevel).Msg("cannot go on")
	l.WithLevel(zerolog.PanicLevel).Msg("drift")
	l.Log().Msg("no level")
}

func main() {
	zerolog.ErrorStackMarshaler = zpkg.MarshalStack
	say(zerolog.New(os.Stdout).With().Timestamp().Logger())
	zerolog.TimeFieldFormat = zerolog.TimeFormatUnixMs
	say(zerolog.New(os.Stdout).With().Timestamp().Logger())
	zerolog.TimeFieldFormat = time.RFC3339
	say(zerolog.New(zerolog.ConsoleWriter{Out: os.Stdout, TimeFormat: time.RFC3339, NoColor: true}).With().Timestamp().Logger())
	say(zerolog.New(zerolog.ConsoleWriter{Out: os.Stdout}).With().Timestamp().Logger())
}
