// Package depot keeps trucks; its methods panic as programs do by mistake.
package depot

import "fmt"

// Truck is one truck.
type Truck struct {
	Plate string
	Axles []int
	Cargo map[string]int
	Next  *Truck
}

// Load of an axle.
func (t *Truck) Load(axle int) int { return t.Axles[axle] }

// Stow puts something on the truck.
func (t *Truck) Stow(what string, tons int) { t.Cargo[what] += tons }

// Last truck of a convoy.
func (t *Truck) Last() string {
	if t.Next.Next == nil {
		return t.Next.Plate
	}
	return t.Next.Last()
}

// Share of each of n drivers.
func Share(tons, n int) int { return tons / n }

// Fleet holds anything by its plate.
type Fleet[K comparable, V any] struct{ held map[K]V }

// Must gives what is held.
func (f *Fleet[K, V]) Must(key K) V {
	v, ok := f.held[key]
	if !ok {
		panic(fmt.Sprintf("depot: nothing under %v", key))
	}
	return v
}

// Each calls f for every truck.
func Each(trucks []*Truck, f func(*Truck)) {
	for _, t := range trucks {
		f(t)
	}
}

// Weight of anything that has one.
func Weight(v any) float64 { return v.(float64) }
