// Package freight carries orders; its functions return errors, with and without stacks.
package freight

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	goerrors "github.com/go-errors/errors"
	pkgerrors "github.com/pkg/errors"
)

// ErrNoRoute is returned as it is.
var ErrNoRoute = errors.New("no route to Tromsø")

// LimitError is an error of a type of its own.
type LimitError struct{ Tons int }

func (e LimitError) Error() string { return "limit: " + strconv.Itoa(e.Tons) + " t" }

// Price parses a price.
func Price(text string) error {
	if _, err := strconv.Atoi(text); err != nil {
		return fmt.Errorf("price of order 77: %w", err)
	}
	return nil
}

// Quote wraps what Price says.
func Quote() error {
	if err := Price("12,5"); err != nil {
		return fmt.Errorf("quote for Narvik: %w", err)
	}
	return nil
}

// Papers are several errors at once.
func Papers() error {
	_, err := os.ReadFile("/var/lib/haulage/papers.txt")
	return errors.Join(err, LimitError{Tons: 40}, ErrNoRoute)
}

// Customs fails with a stack of github.com/pkg/errors.
func Customs() error { return pkgerrors.New("customs closed until 06:00") }

// Border wraps it with another.
func Border() error { return pkgerrors.Wrap(Customs(), "border at Riksgränsen") }

// Toll fails with a stack of github.com/go-errors/errors.
func Toll() error { return goerrors.Errorf("toll of %d not paid", 31) }
