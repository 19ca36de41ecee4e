//go:build ignore

// Program shop says a few things, and panics.
package main

import "log"

type stock struct{ items map[string]int }

func (s *stock) take(item string) {
	s.items[item]--
}

func pay(order int) {
	var s stock
	log.Printf("order %d: taking one from the stock", order)
	s.take("tea")
}

func main() {
	log.Print("shop is open")
	log.Print("order 4711 came in")
	pay(4711)
}
